package io.plumbline.manifest.yaml;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The parser of times, sizes and cpus. Each method returns null if the text is none. */
public final class Quantities {

    /** The smallest part of a cpu that an engine accepts, 0.01. */
    static final BigDecimal LEAST_NANO_CPUS = BigDecimal.valueOf(10_000_000);

    private static final BigDecimal MOST_NANO_CPUS = BigDecimal.valueOf(10_000_000_000_000L);
    private static final BigDecimal MOST_BYTES = BigDecimal.valueOf(Long.MAX_VALUE);
    private static final int LONGEST = 40;

    private static final Pattern DURATION =
            Pattern.compile(
                    "(?=.)(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?(?:([0-9]{1,6})ms)?");
    private static final Pattern BYTES =
            Pattern.compile(
                    "([0-9]{1,19}(?:\\.[0-9]{1,9}(?=[A-Za-z]))?)(Ki|Mi|Gi|Ti|M|G|T|b|k|m|g|kb|mb|gb)?");
    private static final Pattern CPUS =
            Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?)|([0-9]{1,9})m");

    private static final Map<String, Long> UNITS =
            Map.ofEntries(
                    Map.entry("b", 1L),
                    Map.entry("k", 1L << 10),
                    Map.entry("kb", 1L << 10),
                    Map.entry("Ki", 1L << 10),
                    Map.entry("m", 1L << 20),
                    Map.entry("mb", 1L << 20),
                    Map.entry("Mi", 1L << 20),
                    Map.entry("g", 1L << 30),
                    Map.entry("gb", 1L << 30),
                    Map.entry("Gi", 1L << 30),
                    Map.entry("Ti", 1L << 40),
                    Map.entry("M", 1_000_000L),
                    Map.entry("G", 1_000_000_000L),
                    Map.entry("T", 1_000_000_000_000L));

    private Quantities() {}

    /**
     * Parses hours, minutes, seconds and milliseconds in that order, each optional. Each is a whole
     * number of at most six digits: {@code 1h}, {@code 1m30s}, {@code 500ms}. A number without a
     * unit is not a time.
     */
    public static @Nullable Duration duration(String text) {
        Matcher m = text.length() > LONGEST ? null : DURATION.matcher(text);
        if (m == null || !m.matches()) {
            return null;
        }
        return Duration.ofHours(part(m, 1))
                .plusMinutes(part(m, 2))
                .plusSeconds(part(m, 3))
                .plusMillis(part(m, 4));
    }

    private static long part(Matcher m, int group) {
        String digits = m.group(group);
        return digits == null ? 0 : Long.parseLong(digits);
    }

    /**
     * Parses bytes. Lower-case units are those of Compose and binary, including {@code k}: {@code
     * b, k, m, g, kb, mb, gb}. {@code Ki, Mi, Gi, Ti} are those of Kubernetes and binary; {@code M,
     * G, T} are those of Kubernetes and decimal. Without a unit, the number is whole bytes. A
     * fraction is rounded down to a byte.
     */
    public static @Nullable Long bytes(String text) {
        Matcher m = text.length() > LONGEST ? null : BYTES.matcher(text);
        if (m == null || !m.matches()) {
            return null;
        }
        String unit = m.group(2);
        Long factor = unit == null ? Long.valueOf(1) : UNITS.get(unit);
        if (factor == null) {
            return null;
        }
        BigDecimal value = new BigDecimal(m.group(1)).multiply(BigDecimal.valueOf(factor));
        return value.compareTo(MOST_BYTES) > 0
                ? null
                : value.setScale(0, RoundingMode.DOWN).longValueExact();
    }

    /**
     * Parses cpus and returns them times 10^9: {@code 2}, {@code 1.5}, or thousandths as in {@code
     * 500m}; at most 10,000 cpus.
     */
    public static @Nullable BigDecimal nanoCpus(String text) {
        Matcher m = text.length() > LONGEST ? null : CPUS.matcher(text);
        if (m == null || !m.matches()) {
            return null;
        }
        String thousandths = m.group(2);
        BigDecimal value =
                thousandths == null
                        ? new BigDecimal(m.group(1)).movePointRight(9)
                        : new BigDecimal(thousandths).movePointRight(6);
        return value.compareTo(MOST_NANO_CPUS) > 0 ? null : value;
    }

    /**
     * Returns a time in the same notation, for messages and canonical text: {@code 1m30s}, {@code
     * 0s}.
     */
    public static String shown(Duration duration) {
        var out = new StringBuilder();
        append(out, duration.toHours(), "h");
        append(out, duration.toMinutesPart(), "m");
        append(out, duration.toSecondsPart(), "s");
        append(out, duration.toMillisPart(), "ms");
        return out.isEmpty() ? "0s" : out.toString();
    }

    private static void append(StringBuilder out, long value, String unit) {
        if (value != 0) {
            out.append(value).append(unit);
        }
    }

    /** Returns bytes in the largest binary unit that divides them: {@code 6Mi}. */
    public static String shown(long bytes) {
        for (var unit : new String[] {"Ti", "Gi", "Mi", "Ki"}) {
            long factor = UNITS.getOrDefault(unit, 1L);
            if (bytes != 0 && bytes % factor == 0) {
                return bytes / factor + unit;
            }
        }
        return Long.toString(bytes);
    }
}
