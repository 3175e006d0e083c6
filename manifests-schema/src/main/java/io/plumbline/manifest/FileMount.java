package io.plumbline.manifest;

/**
 * A file from Git that is copied into the container's own file system.
 *
 * @param source path in the repository, relative to the manifest's folder; never absolute, never
 *     with {@code ..}
 * @param target absolute path in the container
 * @param mode permission bits, 0 to 07777; default 0444
 * @param uid default 0
 * @param gid default 0
 */
public record FileMount(String source, String target, int mode, int uid, int gid) {}
