package io.plumbline.runtime.render;

import io.plumbline.core.FailureKind;
import io.plumbline.manifest.FileMount;
import io.plumbline.port.FileBytes;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.git.FileLimits;
import io.plumbline.runtime.git.LfsPointer;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/** The files of a commit that a manifest copies into containers. */
final class MountedFiles {

    private MountedFiles() {}

    /**
     * Reads a file of a service or step.
     *
     * @param at where the manifest names it, such as {@code services.web}
     * @param manifest path of the manifest; the file is relative to its folder
     * @param bytes receives the bytes by SHA-256
     * @param hashes receives the SHA-256 by the source
     * @return why it cannot be taken; empty if it can
     */
    static Optional<String> read(
            String at,
            FileMount file,
            String manifest,
            Renderer.Files files,
            Map<String, FileBytes> bytes,
            Map<String, String> hashes) {
        int slash = manifest.lastIndexOf('/');
        var path = (slash < 0 ? "" : manifest.substring(0, slash + 1)) + file.source();
        var found = files.open(path, FileLimits.ONE);
        var why =
                found.isEmpty()
                        ? files.refusal(path).orElse(path + " is not a file in this commit")
                        : isPointer(path, found.get()) ? path + " " + LfsPointer.REFUSED : "";
        if (found.isEmpty() || !why.isEmpty()) {
            return Optional.of(manifest + ": " + at + ".files: " + why);
        }
        var hash = sha256(path, found.get());
        bytes.put(hash, found.get());
        hashes.put(file.source(), hash);
        return Optional.empty();
    }

    private static boolean isPointer(String path, FileBytes file) {
        if (file.size() >= LfsPointer.LARGEST) {
            return false;
        }
        try (var in = file.open()) {
            return LfsPointer.is(in.readNBytes(LfsPointer.LARGEST));
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    private static String sha256(String path, FileBytes file) {
        try (var in = file.open()) {
            var digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[64 << 10];
            for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
                digest.update(buffer, 0, got);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw unreadable(path, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static PlumblineException unreadable(String path, IOException e) {
        return new PlumblineException(
                FailureKind.TRANSIENT, "cannot read " + path + ": " + e.getMessage(), e);
    }
}
