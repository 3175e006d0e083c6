package io.plumbline.training;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.DeflaterOutputStream;

/**
 * A bare Git repository of one commit, written without Git and without JGit, which would read the
 * configuration of the build's user. The format is that of gitrepository-layout(5), with loose
 * objects.
 */
final class TrainingRepository {
    private static final String AUTHOR = "Plumbline <training@localhost> 1700000000 +0000\n";

    private TrainingRepository() {}

    /** Creates one with a single file on the branch {@code main}. */
    static void create(Path folder, String file, String content) throws IOException {
        Files.createDirectories(folder.resolve("refs/heads"));
        var blob = object(folder, "blob", content.getBytes(StandardCharsets.UTF_8));
        var tree = new ByteArrayOutputStream();
        tree.writeBytes(("100644 " + file + "\0").getBytes(StandardCharsets.UTF_8));
        tree.writeBytes(HexFormat.of().parseHex(blob));
        var commit =
                "tree "
                        + object(folder, "tree", tree.toByteArray())
                        + "\nauthor "
                        + AUTHOR
                        + "committer "
                        + AUTHOR
                        + "\nTraining\n";
        var id = object(folder, "commit", commit.getBytes(StandardCharsets.UTF_8));
        Files.writeString(folder.resolve("refs/heads/main"), id + "\n");
        Files.writeString(folder.resolve("HEAD"), "ref: refs/heads/main\n");
        Files.writeString(folder.resolve("config"), "[core]\n\trepositoryformatversion = 0\n");
    }

    /** Writes an object and returns its id. */
    private static String object(Path folder, String type, byte[] content) throws IOException {
        var whole = new ByteArrayOutputStream();
        whole.writeBytes((type + " " + content.length + "\0").getBytes(StandardCharsets.US_ASCII));
        whole.writeBytes(content);
        var id = HexFormat.of().formatHex(sha1().digest(whole.toByteArray()));
        var file = folder.resolve("objects/" + id.substring(0, 2) + "/" + id.substring(2));
        Files.createDirectories(file.getParent());
        try (var out = new DeflaterOutputStream(Files.newOutputStream(file))) {
            out.write(whole.toByteArray());
        }
        return id;
    }

    /** What Git names objects by. */
    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
