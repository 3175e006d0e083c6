package io.plumbline.api;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads the bodies of requests as records. Other than {@link Codec} it refuses what it does not
 * know: a member with a wrong name or type is a mistake of the caller, and ignoring it would do
 * something else than was asked for. Each member can be left out.
 */
public final class RequestReader {
    private final UnaryOperator<String> texts;
    private final Function<String, @Nullable Duration> durations;

    /**
     * @param texts applied to each text; its {@link IllegalArgumentException} says what a text must
     *     be, without the member's name
     * @param durations reads a text such as {@code 90m}; null if it is none
     */
    public RequestReader(
            UnaryOperator<String> texts, Function<String, @Nullable Duration> durations) {
        this.texts = texts;
        this.durations = durations;
    }

    /** A request: what is asked for, and who asks. */
    public record Request<T extends Record>(T asked, Caller caller) {}

    /**
     * Reads a request.
     *
     * @param body plain values of JSON
     * @param type the record that is asked for
     * @param address the members of this record that the address of the request holds
     * @throws IllegalArgumentException if a member is not known or of another type; its message
     *     names the member
     */
    public <T extends Record> Request<T> read(
            Map<?, ?> body, Class<T> type, Map<String, String> address) {
        var known = new TreeSet<String>();
        Codec.members(type).forEach(m -> known.add(m.name));
        known.removeAll(address.keySet());
        Codec.members(Caller.class).forEach(m -> known.add(m.name));
        checkNames(body, known);
        var plain = new LinkedHashMap<String, @Nullable Object>(address);
        return new Request<>(record(plain, body, type), record(Map.of(), body, Caller.class));
    }

    /** Reads a request whose body holds nothing but who asks. */
    public Caller caller(Map<?, ?> body) {
        return read(body, Nothing.class, Map.of()).caller();
    }

    record Nothing() {}

    private void checkNames(Map<?, ?> body, Set<String> known) {
        for (var name : body.keySet()) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(
                        "unknown key " + shown(name) + " in the body; known are " + known);
            }
        }
    }

    private String shown(Object name) {
        var text = name.toString();
        return texts.apply(text.length() > 40 ? text.substring(0, 40) + "..." : text);
    }

    private <T extends Record> T record(
            Map<String, ? extends @Nullable Object> address, Map<?, ?> body, Class<T> type) {
        var values = new LinkedHashMap<String, @Nullable Object>();
        for (var member : Codec.members(type)) {
            var given = address.containsKey(member.name) ? address : body;
            values.put(member.name, value(member, given.get(member.name)));
        }
        return Codec.made(type, values);
    }

    private @Nullable Object value(Codec.Member member, @Nullable Object given) {
        if (given == null) {
            return null;
        }
        return switch (member.typeName()) {
            case "java.util.List<java.lang.String>" -> {
                if (!(given instanceof List<?> l)
                        || !l.stream().allMatch(String.class::isInstance)) {
                    throw wrong(member, "a list of strings");
                }
                yield l.stream().map(each -> text(member, each)).toList();
            }
            case "boolean" -> {
                if (!(given instanceof Boolean)) {
                    throw wrong(member, "true or false");
                }
                yield given;
            }
            case "java.lang.String" -> text(member, given);
            case "java.time.Duration" -> {
                var duration = durations.apply(text(member, given));
                if (duration == null) {
                    throw wrong(member, "a time such as 90m or 2h");
                }
                yield duration;
            }
            default -> throw new IllegalStateException("no request has a " + member.typeName());
        };
    }

    private String text(Codec.Member member, Object given) {
        if (!(given instanceof String text)) {
            throw wrong(member, "a string");
        }
        try {
            return texts.apply(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(member.name + " " + e.getMessage(), e);
        }
    }

    private static IllegalArgumentException wrong(Codec.Member member, String what) {
        return new IllegalArgumentException(member.name + " must be " + what);
    }
}
