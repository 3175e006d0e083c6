package io.plumbline.core.release;

/**
 * A file that is copied into a container. The ledger keeps its bytes by their hash.
 *
 * @param target absolute path in the container
 * @param mode permission bits
 * @param uid owner
 * @param gid group
 * @param sha256 64 hex digits of the bytes' hash
 */
public record SpecFile(String target, int mode, int uid, int gid, String sha256) {}
