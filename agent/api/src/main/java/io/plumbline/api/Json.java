package io.plumbline.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON texts as plain values and back: {@code Map<String, Object>} in the order of the text, {@code
 * List<Object>}, {@code String}, {@code Integer}, {@code Long}, {@code BigInteger}, {@code Double},
 * {@code Boolean}, null.
 */
public final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    private Json() {}

    /** The text is not JSON, or not all of it. */
    public static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(Exception cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** The value of a text. Null for an empty text. */
    public static @Nullable Object read(byte[] text) throws Malformed {
        try (var parser = FACTORY.createParser(text)) {
            return whole(parser);
        } catch (IOException e) {
            throw new Malformed(e);
        }
    }

    /** The value of a text. Null for an empty text. */
    public static @Nullable Object read(String text) throws Malformed {
        try (var parser = FACTORY.createParser(text)) {
            return whole(parser);
        } catch (IOException e) {
            throw new Malformed(e);
        }
    }

    private static @Nullable Object whole(JsonParser parser) throws IOException {
        var first = parser.nextToken();
        return first == null ? null : value(parser, first);
    }

    private static @Nullable Object value(JsonParser parser, JsonToken token) throws IOException {
        return switch (token) {
            case START_OBJECT -> {
                var members = new LinkedHashMap<String, @Nullable Object>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    var name = parser.currentName();
                    members.put(name, value(parser, parser.nextToken()));
                }
                yield members;
            }
            case START_ARRAY -> {
                var items = new ArrayList<@Nullable Object>();
                for (var next = parser.nextToken();
                        next != JsonToken.END_ARRAY;
                        next = parser.nextToken()) {
                    items.add(value(parser, next));
                }
                yield items;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getNumberValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> null;
        };
    }

    /** On one line. */
    public static String write(@Nullable Object value) {
        var text = new StringWriter();
        try (var generator = FACTORY.createGenerator(text)) {
            write(generator, value);
        } catch (IOException e) {
            throw new IllegalStateException("a plain value can always be written", e);
        }
        return text.toString();
    }

    /** On one line, in UTF-8. */
    public static byte[] bytes(@Nullable Object value) {
        var text = new ByteArrayOutputStream();
        try (var generator = FACTORY.createGenerator(text)) {
            write(generator, value);
        } catch (IOException e) {
            throw new IllegalStateException("a plain value can always be written", e);
        }
        return text.toByteArray();
    }

    /** On several lines, indented. */
    public static String pretty(@Nullable Object value) {
        var text = new StringWriter();
        try (var generator = FACTORY.createGenerator(text)) {
            generator.setPrettyPrinter(new DefaultPrettyPrinter());
            write(generator, value);
        } catch (IOException e) {
            throw new IllegalStateException("a plain value can always be written", e);
        }
        return text.toString();
    }

    private static void write(JsonGenerator out, @Nullable Object value) throws IOException {
        switch (value) {
            case null -> out.writeNull();
            case Map<?, ?> members -> {
                out.writeStartObject();
                for (var member : members.entrySet()) {
                    out.writeFieldName(String.valueOf(member.getKey()));
                    write(out, member.getValue());
                }
                out.writeEndObject();
            }
            case List<?> items -> {
                out.writeStartArray();
                for (var item : items) {
                    write(out, item);
                }
                out.writeEndArray();
            }
            case String s -> out.writeString(s);
            case Integer i -> out.writeNumber(i);
            case Long l -> out.writeNumber(l);
            case Double d -> out.writeNumber(d);
            case BigInteger i -> out.writeNumber(i);
            case BigDecimal d -> out.writeNumber(d);
            case Boolean b -> out.writeBoolean(b);
            default ->
                    throw new IllegalArgumentException(
                            "no value of JSON: " + value.getClass().getName());
        }
    }
}
