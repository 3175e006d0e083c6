package io.plumbline.adapter.signatures;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An allowed-signers file as ssh-keygen(1), section ALLOWED SIGNERS, describes it:
 *
 * <pre>
 * anna@example.com,bob@example.com namespaces="git",valid-before="20270101" ssh-ed25519 AAAA...
 * *@example.com cert-authority ssh-ed25519 AAAA... our authority
 * </pre>
 *
 * <p>One thing is stricter than there: a line that cannot be read makes the whole file unusable, so
 * that a slip of the pen is noticed.
 */
public final class AllowedSigners {
    private static final Pattern TIME =
            Pattern.compile("(\\d{4})(\\d{2})(\\d{2})(?:(\\d{2})(\\d{2})(\\d{2})?)?(Z?)");

    private final List<Signer> signers;

    private AllowedSigners(List<Signer> signers) {
        this.signers = signers;
    }

    /**
     * A line of the file.
     *
     * @param principals patterns of names, as written
     * @param authority whether the key signs certificates, not commits
     * @param namespaces patterns, as written; null for any
     * @param after start of its validity; null for none
     * @param before end of its validity; null for none
     * @param key the public key
     */
    record Signer(
            String principals,
            boolean authority,
            @Nullable String namespaces,
            @Nullable Instant after,
            @Nullable Instant before,
            SshKey key) {

        boolean validAt(Instant time) {
            return (after == null || !time.isBefore(after))
                    && (before == null || !time.isAfter(before));
        }

        boolean allows(String namespace) {
            return namespaces == null || PatternList.matches(namespaces, namespace);
        }
    }

    /**
     * Parses a file's content; times without {@code Z} are in the machine's time zone.
     *
     * @throws PlumblineException {@code INVALID}, and nothing else, whatever the bytes are; the
     *     message has the line's number
     */
    public static AllowedSigners parse(byte[] content) {
        return parse(content, ZoneId.systemDefault());
    }

    static AllowedSigners parse(byte[] content, ZoneId zone) {
        var signers = new ArrayList<Signer>();
        int number = 0;
        for (var line : new String(content, StandardCharsets.UTF_8).split("\r?\n", -1)) {
            number++;
            var text = line.strip();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            try {
                signers.add(new Line(text, zone).signer());
            } catch (IllegalArgumentException | DateTimeException e) {
                throw new PlumblineException(
                        FailureKind.INVALID, "line " + number + ": " + e.getMessage(), e);
            }
        }
        if (signers.isEmpty()) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "there is no allowed signer in it (NAME ssh-ed25519 AAAA...)");
        }
        return new AllowedSigners(List.copyOf(signers));
    }

    /** Returns the number of lines with a key. */
    public int size() {
        return signers.size();
    }

    List<Signer> signers() {
        return signers;
    }

    /** The parser of one line, from left to right. */
    private static final class Line {
        private final String text;
        private final ZoneId zone;
        private int at;
        private boolean authority;
        private @Nullable String namespaces;
        private @Nullable Instant after;
        private @Nullable Instant before;

        Line(String text, ZoneId zone) {
            this.text = text;
            this.zone = zone;
        }

        Signer signer() {
            var principals = text.charAt(0) == '"' ? quoted() : word();
            if (principals.isEmpty()) {
                throw new IllegalArgumentException("it begins with no principal");
            }
            space();
            int keyBegins = at;
            if (!SshKey.isType(word())) {
                at = keyBegins;
                options();
                space();
                keyBegins = at;
            }
            at = keyBegins;
            var type = word();
            space();
            var key = SshKey.parse(type, word());
            return new Signer(principals, authority, namespaces, after, before, key);
        }

        private void options() {
            while (true) {
                int equals = at;
                while (equals < text.length() && inName(text.charAt(equals))) {
                    equals++;
                }
                option(text.substring(at, equals).toLowerCase(Locale.ROOT), equals);
                if (at >= text.length() || Character.isWhitespace(text.charAt(at))) {
                    return;
                }
                if (text.charAt(at) != ',') {
                    throw new IllegalArgumentException(
                            "options are separated by a comma without spaces");
                }
                at++;
            }
        }

        private static boolean inName(char c) {
            return Character.isLetter(c) || c == '-';
        }

        private void option(String name, int end) {
            at = end;
            if (name.equals("cert-authority")) {
                authority = true;
                return;
            }
            if (at >= text.length() || text.charAt(at) != '=') {
                throw new IllegalArgumentException(
                        "'"
                                + name
                                + "' is neither a key type nor an option (cert-authority,"
                                + " namespaces=, valid-after=, valid-before=)");
            }
            at++;
            switch (name) {
                case "namespaces" -> namespaces = once(name, namespaces, quoted());
                case "valid-after" -> after = once(name, after, time(quoted()));
                case "valid-before" -> before = once(name, before, time(quoted()));
                default -> throw new IllegalArgumentException("unknown option '" + name + "'");
            }
        }

        private static <T> T once(String name, @Nullable T before, T now) {
            if (before != null) {
                throw new IllegalArgumentException("option " + name + " is given twice");
            }
            return now;
        }

        /** Parses a quoted text; only a double quote is escaped, with a backslash. */
        private String quoted() {
            var out = new StringBuilder();
            if (at >= text.length() || text.charAt(at) != '"') {
                throw new IllegalArgumentException("an option's value stands in double quotes");
            }
            at++;
            while (at < text.length() && text.charAt(at) != '"') {
                if (text.startsWith("\\\"", at)) {
                    at++;
                }
                out.append(text.charAt(at++));
            }
            if (at >= text.length()) {
                throw new IllegalArgumentException("a double quote is not closed");
            }
            at++;
            return out.toString();
        }

        private String word() {
            int from = at;
            while (at < text.length() && !Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            return text.substring(from, at);
        }

        private void space() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
        }

        private Instant time(String spec) {
            var m = TIME.matcher(spec);
            if (!m.matches()) {
                throw new IllegalArgumentException(
                        "a time reads YYYYMMDD or YYYYMMDDHHMM[SS], with Z for UTC, not " + spec);
            }
            var local =
                    LocalDateTime.of(
                            number(m.group(1)),
                            number(m.group(2)),
                            number(m.group(3)),
                            number(m.group(4)),
                            number(m.group(5)),
                            number(m.group(6)));
            return local.atZone(m.group(7).isEmpty() ? zone : ZoneOffset.UTC).toInstant();
        }

        private static int number(@Nullable String digits) {
            return digits == null ? 0 : Integer.parseInt(digits);
        }
    }
}
