package io.plumbline.engine.docker.plan;

import java.math.BigDecimal;
import java.time.Duration;

/**
 * The format of values for display. A value has exactly one text, so that texts can be compared.
 */
final class Shown {

    private static final String[] UNITS = {"", "k", "m", "g"};

    private Shown() {}

    /** Returns bytes as in Compose: {@code 512m}, {@code 1g}, {@code 1000}. */
    static String size(long bytes) {
        int unit = 0;
        long n = bytes;
        while (unit < UNITS.length - 1 && n != 0 && n % 1024 == 0) {
            n /= 1024;
            unit++;
        }
        return n + UNITS[unit];
    }

    /** Returns CPUs: {@code 1.5}. */
    static String cpus(long nanoCpus) {
        return BigDecimal.valueOf(nanoCpus, 9).stripTrailingZeros().toPlainString();
    }

    /** Returns a duration as in manifests: {@code 1h30m}, {@code 10s}, {@code 500ms}. */
    static String duration(Duration d) {
        if (d.isZero()) {
            return "0s";
        }
        var out = new StringBuilder();
        part(out, d.toHours(), "h");
        part(out, d.toMinutesPart(), "m");
        part(out, d.toSecondsPart(), "s");
        part(out, d.toMillisPart(), "ms");
        part(out, d.toNanosPart() % 1_000_000, "ns");
        return out.toString();
    }

    /** Returns the first 12 hex digits of a digest or id, after its algorithm. */
    static String shortened(String digest) {
        int from = digest.indexOf(':') + 1;
        return digest.substring(0, Math.min(digest.length(), from + 12));
    }

    /**
     * Returns an image for display.
     *
     * @param reference as written, may be empty
     * @param engineName {@code repository@sha256:...}, {@code sha256:...} or the name given at
     *     creation
     */
    static String image(String reference, String engineName) {
        int at = engineName.indexOf('@');
        String digest = at < 0 ? engineName : engineName.substring(at + 1);
        String name = reference.isEmpty() && at > 0 ? engineName.substring(0, at) : reference;
        boolean pinned = name.contains("@") || !digest.startsWith("sha256:");
        if (name.isEmpty()) {
            return pinned ? engineName : shortened(digest);
        }
        return pinned ? name : name + "@" + shortened(digest);
    }

    private static void part(StringBuilder out, long n, String unit) {
        if (n != 0) {
            out.append(n).append(unit);
        }
    }
}
