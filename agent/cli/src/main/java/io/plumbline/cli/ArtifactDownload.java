package io.plumbline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The verb {@code plumb artifacts get}: downloads an artifact and checks its bytes. */
@Command(
        name = "get",
        description = "Download an artifact. A folder comes as a tar archive.",
        footer = {
            "",
            "The SHA-256 of a file is checked before FILE is there, and for `-` at the end: exit",
            "code 6 if it is another one. The agent checks each file of a folder as it sends it.",
            "",
            "Examples:",
            "  plumb artifacts get recsys sha256:4f1c2a -o model.bin",
            "  plumb artifacts get recsys 9a0b11 -o - | tar -x -C model"
        })
final class ArtifactDownload extends AgentVerb {
    private static final int CHUNK = 1 << 16;
    private static final String TAR = "application/x-tar";

    @Parameters(index = "0", paramLabel = "PIPELINE", description = "Name of the pipeline.")
    String pipeline = "";

    @Parameters(
            index = "1",
            paramLabel = "DIGEST",
            description = "Digest of the artifact, or at least 4 digits of its beginning.")
    String digest = "";

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "Where to write it; - for standard output.")
    String output = "";

    @Option(names = "--force", description = "Replace FILE if it is there.")
    boolean force;

    ArtifactDownload(CliContext around) {
        super(around);
    }

    @Override
    public Integer call() {
        var path = AgentClient.path(pipeline, "artifacts", digest);
        if (output.equals("-")) {
            client().download(path, (type, tag, in) -> copy(type, tag, in, around.raw()));
            return Exit.DONE;
        }
        var file = around.folder().resolve(output).toAbsolutePath();
        if (Files.isDirectory(file)) {
            throw new CliError(Exit.USAGE, output + " is a folder: name a file in it");
        }
        if (Files.exists(file) && !force) {
            throw new CliError(Exit.USAGE, output + " is there already: --force replaces it");
        }
        client().download(path, (type, tag, in) -> save(type, tag, in, file));
        return Exit.DONE;
    }

    /** Writes a file beside the wanted one, and renames it when all bytes are right. */
    private void save(String type, String tag, InputStream in, Path file) throws IOException {
        var part =
                file.resolveSibling(
                        "." + file.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        try {
            long size;
            try (var out = opened(part)) {
                size = copy(type, tag, in, out);
            }
            moved(part, file);
            say(
                    output
                            + ": "
                            + RunTexts.size(size)
                            + (type.equals(TAR) ? ", tar archive of " : ", ")
                            + Texts.brief(tag));
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private OutputStream opened(Path part) {
        try {
            return Files.newOutputStream(part);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private void moved(Path part, Path file) {
        try {
            if (force) {
                Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
            } else {
                Files.move(part, file);
            }
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private CliError unwritable(IOException e) {
        return new CliError(
                Exit.FAILED,
                "cannot write " + output + ": " + e + "; check the folder and its disk");
    }

    /**
     * Copies the bytes, and checks those of a file.
     *
     * @return the number of bytes
     */
    private long copy(String type, String tag, InputStream in, OutputStream out)
            throws IOException {
        var hash = sha256();
        long size = 0;
        var buffer = new byte[CHUNK];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            hash.update(buffer, 0, n);
            size += n;
            try {
                out.write(buffer, 0, n);
            } catch (IOException e) {
                throw unwritable(e);
            }
        }
        var found = "sha256:" + HexFormat.of().formatHex(hash.digest());
        if (!type.equals(TAR) && !found.equals(tag)) {
            throw new CliError(
                    Exit.FAILED,
                    "the bytes of "
                            + Texts.visibleLine(tag)
                            + " have the digest "
                            + found
                            + ": they were changed on the way or in the store; try again");
        }
        return size;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
