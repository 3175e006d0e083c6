package io.plumbline.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A committer's clone, with keys of its own: real git, real gpg, real ssh-keygen. */
final class SigningClone implements AutoCloseable {
    private final Path folder = Workshop.folder("sign");
    private final Path work = folder.resolve("work");
    private final Map<String, String> environment =
            Map.of(
                    "HOME", folder.toString(),
                    "GNUPGHOME", folder.resolve("g").toString(),
                    "GIT_CONFIG_NOSYSTEM", "1");

    SigningClone(GitRemote remote) {
        try {
            Files.createDirectory(
                    folder.resolve("g"),
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        run(folder, "git", "init", "-q", "-b", "main", "work");
        git("remote", "add", "origin", remote.fileUrl());
        git("config", "user.name", "Anna");
        git("config", "user.email", "anna@example.com");
    }

    private String run(Path in, String... command) {
        return Program.end(List.of(command), environment, in, new byte[0], Duration.ofMinutes(1))
                .ok()
                .out()
                .strip();
    }

    /** Runs {@code git ARGS} in the clone. */
    String git(String... args) {
        var command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(args));
        return run(work, command.toArray(String[]::new));
    }

    /** A new SSH key; its line for an allowed-signers file. */
    String sshKey(String name, String type, String bits) {
        run(folder, "ssh-keygen", "-q", "-N", "", "-C", name, "-f", name, "-t", type, "-b", bits);
        return name + "@example.com namespaces=\"git\" " + read(folder.resolve(name + ".pub"));
    }

    /** Its fingerprint as {@code ssh-keygen -l} shows it. */
    String sshFingerprint(String name) {
        return run(folder, "ssh-keygen", "-l", "-f", name + ".pub").split(" ")[1];
    }

    /** A new OpenPGP key without passphrase; its fingerprint. */
    String openPgpKey(String name, String algorithm) {
        run(
                folder,
                "gpg",
                "--batch",
                "--quiet",
                "--pinentry-mode",
                "loopback",
                "--passphrase",
                "",
                "--quick-gen-key",
                name + " <" + name + "@example.com>",
                algorithm,
                "cert,sign",
                "never");
        return run(folder, "gpg", "--batch", "--with-colons", "--list-keys", name)
                .lines()
                .filter(line -> line.startsWith("fpr:"))
                .map(line -> line.split(":")[9])
                .findFirst()
                .orElseThrow();
    }

    /** Its public key, armored. */
    String exported(String fingerprint) {
        return run(folder, "gpg", "--batch", "--armor", "--export", fingerprint) + "\n";
    }

    /** A file of this clone's folder, for the agent to read. */
    Path file(String name, String content) {
        try {
            return Files.writeString(folder.resolve(name), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Commits a file without a signature and pushes; the commit. */
    String unsigned(String path, String text) {
        return commit(path, text);
    }

    /** Commits a file, signed with an SSH key of this clone, and pushes; the commit. */
    String signedBySsh(String name, String path, String text) {
        var key = folder.resolve(name + ".pub").toString();
        return commit(path, text, "-c", "gpg.format=ssh", "-c", "user.signingKey=" + key);
    }

    /** Commits a file, signed with an OpenPGP key of this clone, and pushes; the commit. */
    String signedByOpenPgp(String fingerprint, String path, String text) {
        return commit(path, text, "-c", "user.signingKey=" + fingerprint);
    }

    private String commit(String path, String text, String... signing) {
        var file = work.resolve(path);
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        git("add", path);
        var command = new ArrayList<>(List.of(signing));
        command.addAll(List.of("commit", "-q", "-m", "Change " + path));
        if (signing.length > 0) {
            command.add("-S");
        }
        git(command.toArray(String[]::new));
        return push();
    }

    /** Goes back to a commit here; nothing is pushed. */
    void reset(String commit) {
        git("reset", "-q", "--hard", commit);
    }

    private String push() {
        git("push", "-q", "--force", "origin", "HEAD:main");
        return git("rev-parse", "HEAD");
    }

    @Override
    public void close() {
        run(folder, "gpgconf", "--kill", "all");
        Workshop.remove(folder);
    }
}
