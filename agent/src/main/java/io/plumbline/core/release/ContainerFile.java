package io.plumbline.core.release;

/**
 * A file that is copied into a container; its bytes are kept in the ledger under their hash.
 *
 * @param target absolute path in the container
 * @param mode permission bits
 * @param uid owner
 * @param gid group
 * @param sha256 64 hex of the bytes
 */
public record ContainerFile(String target, int mode, int uid, int gid, String sha256) {}
