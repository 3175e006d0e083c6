package io.plumbline.adapter.git;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.eclipse.jgit.errors.RepositoryNotFoundException;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.lib.StoredConfig;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.jspecify.annotations.Nullable;

/** The folder of a mirror: how it is created, opened and set aside. */
final class MirrorFolder {
    /**
     * The target of HEAD. It does not exist, so that the watched branch is never the current one
     * and may be deleted.
     */
    private static final String NO_BRANCH = "refs/heads/plumbline/none";

    private static final String SECTION = "plumbline";
    private static final String REMOTE = "remote";

    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path place;
    private final String remote;

    MirrorFolder(Path place, String remote) {
        this.place = place.toAbsolutePath().normalize();
        this.remote = remote;
    }

    Path place() {
        return place;
    }

    MirrorRepository openOrCreate() throws IOException {
        if (!Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
            return create();
        }
        MirrorRepository repository = null;
        try {
            repository = open();
            if (remote.equals(repository.getConfig().getString(SECTION, null, REMOTE))) {
                return repository;
            }
        } catch (IOException | RuntimeException e) {
            // A damaged mirror is created again below.
        }
        return startAnew(repository);
    }

    private MirrorRepository open() throws IOException {
        var repository =
                new MirrorRepository(
                        new FileRepositoryBuilder().setGitDir(place.toFile()).setBare().setup());
        if (!repository.getObjectDatabase().exists()) {
            repository.close();
            throw new RepositoryNotFoundException(place.toFile());
        }
        return repository;
    }

    private MirrorRepository create() throws IOException {
        Path parent = place.getParent();
        if (parent != null) {
            Files.createDirectories(parent, OWNER_ONLY);
        }
        Files.createDirectory(place, OWNER_ONLY);
        try (Repository fresh =
                new FileRepositoryBuilder().setGitDir(place.toFile()).setBare().build()) {
            fresh.create(true);
            StoredConfig config = fresh.getConfig();
            config.setString(SECTION, null, REMOTE, remote);
            config.setBoolean("core", null, "logAllRefUpdates", false);
            // The mirror is tidied between fetches, on the fetching thread, and deletes nothing.
            config.setInt("gc", null, "auto", 0);
            config.setBoolean("gc", null, "autoDetach", false);
            // ("never" overflows in JGit 7.7.)
            config.setString("gc", null, "pruneExpire", "100.years.ago");
            config.setString("gc", null, "prunePackExpire", "now");
            config.save();
            RefUpdate head = fresh.updateRef(Constants.HEAD);
            head.disableRefLog();
            head.link(NO_BRANCH);
        }
        return open();
    }

    /** Sets the mirror aside, which replaces an earlier one, and creates an empty one. */
    MirrorRepository startAnew(@Nullable Repository old) throws IOException {
        if (old != null) {
            old.close();
        }
        if (Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
            Path aside = place.resolveSibling(place.getFileName() + ".damaged");
            delete(aside);
            Files.move(place, aside);
        }
        return create();
    }

    /**
     * Removes what a killed fetch left: stale locks and incomplete packs. There is one agent for a
     * state folder and one fetch for a mirror, so no other process created them.
     */
    void removeLeftovers() throws IOException {
        if (!Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(
                place,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        if (leftover(file)) {
                            Files.deleteIfExists(file);
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException e) {
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    /** Returns the number of packs in the mirror. */
    int packs() throws IOException {
        try (var files = Files.newDirectoryStream(place.resolve("objects/pack"), "*.pack")) {
            int packs = 0;
            for (var _ : files) {
                packs++;
            }
            return packs;
        }
    }

    private boolean leftover(Path file) {
        String name = String.valueOf(file.getFileName());
        String below = place.relativize(file).toString().replace(File.separatorChar, '/');
        if (below.startsWith("objects/")) {
            return name.startsWith("incoming_")
                    || name.startsWith("tmp_")
                    || name.startsWith("gc_")
                    || name.startsWith("commit_")
                    || name.startsWith("noz")
                    || name.endsWith(".keep")
                    || name.endsWith(".lock")
                    || name.endsWith(".tmp");
        }
        return name.endsWith(".lock") || name.startsWith(".probe-") || name.equals("gc.pid");
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e)
                            throws IOException {
                        if (e != null) {
                            throw e;
                        }
                        Files.delete(dir);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
