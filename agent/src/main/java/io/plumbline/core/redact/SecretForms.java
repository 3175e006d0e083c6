package io.plumbline.core.redact;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.Set;

/** The shapes in which a secret's value may come back in text. */
final class SecretForms {
    /** Shorter values are not looked for: they would hide ordinary text. */
    static final int SHORTEST = 8;

    /** Longer shapes are looked for in pieces of this length, so a stream holds little back. */
    static final int LONGEST = 512;

    private static final String UNRESERVED =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";

    private final Set<String> forms = new LinkedHashSet<>();

    private SecretForms() {}

    static Set<String> of(byte[] value) {
        var all = new SecretForms();
        String text = new String(value, StandardCharsets.UTF_8);
        all.whole(text, value);
        // A variable, and many a program, has it without its last line end.
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
     * The value encoded alone, and what is always the same of it where it is encoded behind
     * something else, as in {@code base64(user:password)}: three bytes make four characters, so
     * there are three ways to begin (RFC 4648, section 4).
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
     * Percent encoding, RFC 3986 section 2.1; with {@code plus} a blank is {@code +}, as forms do.
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

    /** As it stands inside a JSON string, RFC 8259 section 7. */
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
        // The last piece reaches back so that it is never a short one.
        forms.add(from == 0 ? form : form.substring(Math.max(0, form.length() - LONGEST)));
    }
}
