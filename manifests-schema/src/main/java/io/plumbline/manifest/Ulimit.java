package io.plumbline.manifest;

/**
 * A resource limit of the kernel, see setrlimit(2).
 *
 * @param soft -1 for no limit
 * @param hard -1 for no limit
 */
public record Ulimit(long soft, long hard) {}
