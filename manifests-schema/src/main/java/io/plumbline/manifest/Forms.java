package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Words;
import io.plumbline.manifest.yaml.YamlNode;
import java.net.InetAddress;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The decoders of texts in a manifest. Each method reports errors. */
final class Forms {

    /** The form of names of pipelines, services and volumes. */
    static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?");

    private static final Pattern SECRET_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final Pattern ENGINE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final Pattern VARIABLE = Pattern.compile("[!-<>-~]+");
    private static final Pattern LABEL = Pattern.compile("(?!plumbline\\.)[!-~]+");
    private static final Pattern USER = Pattern.compile("[^\\s:]+(:[^\\s:]+)?");
    private static final Pattern TARGET =
            Pattern.compile("(/(?!\\.{1,2}(/|$))[^/\\x00-\\x1f\\x7f]+)+");
    private static final Pattern SOURCE =
            Pattern.compile(
                    "(?!\\.{1,2}(/|$))[^/\\x00-\\x1f\\x7f]+(/(?!\\.{1,2}(/|$))[^/\\x00-\\x1f\\x7f]+)*");
    private static final Pattern SIGNAL =
            Pattern.compile(
                    "SIG(ABRT|ALRM|BUS|CHLD|CONT|FPE|HUP|ILL|INT|IO|KILL|PIPE|PROF|PWR|QUIT|SEGV"
                            + "|STKFLT|STOP|SYS|TERM|TRAP|TSTP|TTIN|TTOU|URG|USR1|USR2|VTALRM"
                            + "|WINCH|XCPU|XFSZ|RTMIN(\\+([1-9]|1[0-5]))?|RTMAX(-([1-9]|1[0-4]))?)");
    private static final Pattern MODE = Pattern.compile("(0o)?0?([0-7]{3,4})");
    private static final Pattern IPV4 =
            Pattern.compile("((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.(?!$)|$)){4}");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]{2,45}");
    private static final Pattern EXTRA_HOST =
            Pattern.compile("([A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?):([^\\s]+)");

    private Forms() {}

    static @Nullable String name(Decoder at) {
        return at.matching(
                NAME,
                40,
                "must be 1 to 40 of a-z, 0-9 and '-', and begin and end with a letter or digit");
    }

    static @Nullable String secretName(Decoder at) {
        return at.matching(
                SECRET_NAME,
                128,
                "must be letters, digits, '.', '_' and '-', and begin with a letter or digit");
    }

    static @Nullable String engine(Decoder at) {
        return at.matching(
                ENGINE,
                63,
                "must be letters, digits, '.', '_' and '-', and begin with a letter or digit");
    }

    /** Decodes an absolute path in a container, below the root. */
    static @Nullable String target(Decoder at) {
        return at.matching(
                TARGET, 1024, "must be an absolute path without '.', '..', '//' or '/' at the end");
    }

    /** Does the same as {@link #target}, but also accepts the root itself. */
    static @Nullable String workingDir(Decoder at) {
        return at.isScalar() && "/".equals(at.text()) ? "/" : target(at);
    }

    static boolean isTarget(String text) {
        return TARGET.matcher(text).matches();
    }

    /** Decodes a relative path in the repository. */
    static @Nullable String source(Decoder at) {
        return at.matching(
                SOURCE, 1024, "must be a path relative to the manifest without '.', '..' or '//'");
    }

    /** Decodes {@code uid[:gid]} or names; a number does not need quotes. */
    static @Nullable String user(Decoder at) {
        String text =
                at.node() instanceof YamlNode.Scalar scalar
                                && scalar.type() == YamlNode.Type.INTEGER
                        ? at.text()
                        : at.string();
        if (text != null && (text.length() > 128 || !USER.matcher(text).matches())) {
            at.error("must be a user or user:group, not " + Words.quoted(text));
            return null;
        }
        return text;
    }

    static @Nullable String signal(Decoder at) {
        return at.matching(SIGNAL, 20, "must be a signal such as SIGTERM");
    }

    static @Nullable String variable(Decoder at) {
        return at.matching(VARIABLE, 256, "must be a variable's name without '=' or spaces");
    }

    /** Decodes {@code "0444"} or {@code 0444}, always as octal. */
    static @Nullable Integer mode(Decoder at) {
        String text = at.text("permission bits such as \"0444\"");
        if (text == null) {
            return null;
        }
        Matcher m = MODE.matcher(text);
        if (text.length() > 10 || !m.matches()) {
            at.error(
                    "must be permission bits in octal such as \"0444\", not " + Words.quoted(text));
            return null;
        }
        int mode = Integer.parseInt(m.group(2), 8);
        if (!isOwnersFirst(mode)) {
            at.error(
                    "gives group or others a right that the owner lacks: octal %04o is %s; %s"
                            .formatted(mode, permissions(mode), advice(text)));
            return null;
        }
        return mode;
    }

    /** Whether the owner has every right that group and others have. */
    private static boolean isOwnersFirst(int mode) {
        return ((mode | mode >> 3) & ~(mode >> 6) & 7) == 0;
    }

    /** Returns the form of {@code ls}: {@code rw-r--r--}. */
    private static String permissions(int mode) {
        var out = new StringBuilder(9);
        for (int bit = 8; bit >= 0; bit--) {
            out.append((mode >> bit & 1) == 1 ? "xwr".charAt(bit % 3) : '-');
        }
        return out.toString();
    }

    /** A mode that JSON had to write in decimal is often copied in that form: 256 for 0400. */
    private static String advice(String text) {
        int mode = text.startsWith("0") ? -1 : Integer.parseInt(text);
        return mode >= 0 && mode <= 0777 && isOwnersFirst(mode)
                ? "did you mean \"%04o\", which is %s in decimal?".formatted(mode, text)
                : "give the owner that right as well";
    }

    static @Nullable String address(Decoder at) {
        String text = at.string();
        if (text != null && !isAddress(text)) {
            at.error("must be an IP address, not " + Words.quoted(text));
            return null;
        }
        return text;
    }

    /**
     * Decodes {@code name:address}. The address may be IPv6, with or without brackets, or
     * host-gateway.
     */
    static @Nullable String extraHost(Decoder at) {
        String text = at.string();
        if (text == null) {
            return null;
        }
        Matcher m = EXTRA_HOST.matcher(text);
        if (text.length() > 320 || !m.matches()) {
            at.error("must be name:address, not " + Words.quoted(text));
            return null;
        }
        String address = m.group(3);
        if (address.startsWith("[") && address.endsWith("]")) {
            address = address.substring(1, address.length() - 1);
        }
        if (!address.equals("host-gateway") && !isAddress(address)) {
            at.error("must be name:address with an IP address, not " + Words.quoted(text));
            return null;
        }
        return text;
    }

    private static boolean isAddress(String text) {
        if (text.length() > 45) {
            return false;
        }
        if (IPV4.matcher(text).matches()) {
            return true;
        }
        if (text.indexOf(':') < 0 || !IPV6.matcher(text).matches()) {
            return false;
        }
        try {
            var _ = InetAddress.ofLiteral(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /**
     * Decodes a program and its arguments; a plain text is refused, because it would need a shell.
     */
    static @Nullable List<String> words(Decoder at) {
        if (at.isScalar() && !at.isNull()) {
            at.error("must be a list of texts such as [python, serve.py]: no shell splits it");
            return null;
        }
        List<String> words = at.list(Decoder::text);
        if (at.isEmptyList()) {
            at.error("must have at least one item, or leave out the key");
            return null;
        }
        return words;
    }

    /** Decodes a list that does not contain the same text twice. */
    static @Nullable List<String> distinct(Decoder at, Fields.Reading<String> form) {
        List<Decoder> items = at.items();
        if (items == null) {
            return null;
        }
        Set<String> seen = new HashSet<>();
        List<String> values =
                at.list(
                        item -> {
                            String value = form.of(item);
                            if (value != null && !seen.add(value)) {
                                item.error("is listed twice: " + Words.quoted(value));
                            }
                            return value;
                        });
        return values;
    }

    /** Decodes {@code env}: a mapping of names to any scalars. */
    static SortedMap<String, String> env(Decoder at) {
        if (at.isList()) {
            at.error("must be a mapping: write 'KEY: value', not a list of 'KEY=value'");
            return Collections.emptySortedMap();
        }
        return scalars(at, VARIABLE, "is no variable's name: no '=' or spaces");
    }

    /** Decodes labels: a mapping of keys without Plumbline's prefix to any scalars. */
    static SortedMap<String, String> labels(Decoder at) {
        if (at.isList()) {
            at.error("must be a mapping: write 'key: value', not a list of 'key=value'");
            return Collections.emptySortedMap();
        }
        return scalars(
                at,
                LABEL,
                "is no label's key: no spaces, and 'plumbline.' is for Plumbline itself");
    }

    /** Decodes the options of a driver. */
    static SortedMap<String, String> options(Decoder at) {
        return scalars(at, VARIABLE, "is no option's name: no '=' or spaces");
    }

    private static SortedMap<String, String> scalars(Decoder at, Pattern keys, String rule) {
        SortedMap<String, String> values = new TreeMap<>();
        Map<String, Decoder> entries = at.entries();
        if (entries == null) {
            return values;
        }
        entries.forEach(
                (key, value) -> {
                    if (key.length() > 256 || !keys.matcher(key).matches()) {
                        at.errorAtKey(key, rule);
                    }
                    if (value.isNull()) {
                        value.error("has no value: write \"\" for an empty one");
                        return;
                    }
                    String text = value.text();
                    if (text != null) {
                        values.put(key, text);
                    }
                });
        return Collections.unmodifiableSortedMap(values);
    }
}
