package io.plumbline.adapter.secrets;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretStore;
import io.plumbline.port.SecretValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Secret values from a folder with one file for each secret, else from the environment of the
 * agent. Secret {@code api-key} is the file {@code api-key} or the variable {@code
 * PLUMBLINE_SECRET_API_KEY}. The value is every byte of the file.
 */
public final class FileSecretStore implements SecretStore {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9._-]+");
    private static final int LARGEST = 1 << 20;
    private static final int TRIES = 3;

    private final @Nullable Path directory;
    private final Map<String, String> environment;

    private FileSecretStore(@Nullable Path directory, Map<String, String> environment) {
        this.directory = directory;
        this.environment = environment;
    }

    /** Creates a store for this folder, if any, and the process's environment. */
    public static FileSecretStore open(@Nullable Path directory) {
        return new FileSecretStore(directory, System.getenv());
    }

    static FileSecretStore open(@Nullable Path directory, Map<String, String> environment) {
        return new FileSecretStore(directory, environment);
    }

    @Override
    public Optional<SecretValue> read(String name) {
        check(name);
        if (directory != null) {
            var fromFile = readFile(directory, name);
            if (fromFile.isPresent()) {
                return fromFile;
            }
        }
        return Optional.ofNullable(environment.get(variable(name)))
                .map(value -> new SecretValue(value.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public String whereabouts(String name) {
        String variable = "the variable " + variable(name) + " of the agent";
        return directory == null
                ? variable + " (no secrets.directory is configured)"
                : "the file " + directory.resolve(name) + " or " + variable;
    }

    private static void check(String name) {
        if (!NAME.matcher(name).matches() || name.startsWith("..") || name.equals(".")) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "\""
                            + name
                            + "\" is not a secret's name: letters, digits, dot, dash and underscore"
                            + " only, and no two dots at its beginning");
        }
    }

    private static String variable(String name) {
        return "PLUMBLINE_SECRET_"
                + name.toUpperCase(Locale.ROOT).replace('-', '_').replace('.', '_');
    }

    /**
     * Reads a file; tries again if it disappears meanwhile, because a mounted folder swaps its
     * links.
     */
    private static Optional<SecretValue> readFile(Path directory, String name) {
        Path file = directory.resolve(name);
        for (int i = 0; i < TRIES && Files.exists(file, LinkOption.NOFOLLOW_LINKS); i++) {
            try {
                return Optional.of(readOnce(directory, file));
            } catch (NoSuchFileException e) {
                // The file was just swapped: try again.
            } catch (AccessDeniedException e) {
                throw new PlumblineException(
                        FailureKind.DENIED,
                        "the agent's user may not read " + file + ": make it the owner",
                        e);
            } catch (IOException e) {
                throw new PlumblineException(
                        FailureKind.TRANSIENT, "cannot read " + file + ": " + e.getMessage(), e);
            }
        }
        return Optional.empty();
    }

    private static SecretValue readOnce(Path directory, Path file) throws IOException {
        Path real = file.toRealPath();
        if (!real.startsWith(directory.toRealPath())) {
            throw new PlumblineException(
                    FailureKind.DENIED,
                    file
                            + " is a link that leads out of the secrets folder; put the file itself"
                            + " there");
        }
        var attributes =
                Files.readAttributes(real, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isRegularFile()) {
            throw new PlumblineException(FailureKind.INVALID, file + " is not a file");
        }
        var others = EnumSet.noneOf(PosixFilePermission.class);
        others.addAll(attributes.permissions());
        others.removeAll(
                EnumSet.of(
                        PosixFilePermission.OWNER_READ,
                        PosixFilePermission.OWNER_WRITE,
                        PosixFilePermission.OWNER_EXECUTE));
        if (!others.isEmpty()) {
            throw new PlumblineException(
                    FailureKind.DENIED,
                    file
                            + " may be used by others than its owner ("
                            + PosixFilePermissions.toString(attributes.permissions())
                            + "): chmod 600 "
                            + file);
        }
        try (var in = Files.newInputStream(real, LinkOption.NOFOLLOW_LINKS)) {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new PlumblineException(
                        FailureKind.INVALID,
                        file + " is larger than 1 MiB, the most that a secret may be");
            }
            return new SecretValue(bytes);
        }
    }
}
