package io.plumbline.core.redact;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.Set;

/** The forms in which a secret's value may appear in text. */
final class SecretForms {
    /** Length of the shortest value that is searched; a shorter one would hide ordinary text. */
    static final int SHORTEST = 8;

    /**
     * Length of the pieces in which longer forms are searched, so that a stream holds little back.
     */
    static final int LONGEST = 512;

    private static final String UNRESERVED =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";

    private final Set<String> forms = new LinkedHashSet<>();

    private SecretForms() {}

    static Set<String> of(byte[] value) {
        var all = new SecretForms();
        String text = new String(value, StandardCharsets.UTF_8);
        all.whole(text, value);
        // A variable, and many programs, drop the last line end.
        if (text.endsWith("\n")) {
            String line = text.substring(0, text.length() - (text.endsWith("\r\n") ? 2 : 1));
            all.whole(line, line.getBytes(StandardCharsets.UTF_8));
        }
        text.lines()
                .map(String::strip)
                .filter(line -> line.length() >= SHORTEST && !line.equals(text))
                .forEach(
                        line -> {
                            all.textual(line);
                            all.base64(line.getBytes(StandardCharsets.UTF_8));
                        });
        return all.forms;
    }

    private void whole(String text, byte[] value) {
        if (text.length() >= SHORTEST) {
            textual(text);
            base64(value);
        }
    }

    private void textual(String text) {
        add(text);
        add(json(text));
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (boolean plus : new boolean[] {true, false}) {
            add(percent(bytes, "0123456789ABCDEF", plus));
            add(percent(bytes, "0123456789abcdef", plus));
        }
    }

    /**
     * Adds the base64 form of the value alone, and the part of it that stays the same after a
     * prefix, as in {@code base64(user:password)}. Three bytes make four characters, so there are
     * three alignments (RFC 4648, section 4).
     */
    private void base64(byte[] value) {
        for (var encoder : new Base64.Encoder[] {Base64.getEncoder(), Base64.getUrlEncoder()}) {
            add(encoder.encodeToString(value));
            add(encoder.withoutPadding().encodeToString(value));
            for (int before = 0; before < 3; before++) {
                byte[] shifted = new byte[before + value.length];
                System.arraycopy(value, 0, shifted, before, value.length);
                int first = (before * 8 + 5) / 6;
                int end = shifted.length * 8 / 6;
                add(encoder.encodeToString(shifted).substring(first, Math.max(first, end)));
            }
        }
    }

    /**
     * Encodes with percent encoding, RFC 3986 section 2.1; with {@code plus} a blank is {@code +},
     * as in forms.
     */
    private static String percent(byte[] bytes, String digits, boolean plus) {
        var out = new StringBuilder(bytes.length * 2);
        for (byte b : bytes) {
            char c = (char) (b & 0xff);
            if (UNRESERVED.indexOf(c) >= 0) {
                out.append(c);
            } else if (c == ' ' && plus) {
                out.append('+');
            } else {
                out.append('%').append(digits.charAt(c >> 4)).append(digits.charAt(c & 15));
            }
        }
        return out.toString();
    }

    /** Encodes as in a JSON string, RFC 8259 section 7. */
    private static String json(String text) {
        var out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    private void add(String form) {
        if (form.length() < SHORTEST) {
            return;
        }
        int from = 0;
        while (form.length() - from > LONGEST) {
            forms.add(form.substring(from, from + LONGEST));
            from += LONGEST;
        }
        // The last piece overlaps the one before, so that it is never short.
        forms.add(from == 0 ? form : form.substring(Math.max(0, form.length() - LONGEST)));
    }
}
