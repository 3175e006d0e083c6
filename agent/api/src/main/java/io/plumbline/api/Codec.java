package io.plumbline.api;

import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Records as plain values of {@link Json} and back. A record's components are the members of a JSON
 * object, in their order and with their names.
 *
 * <ol>
 *   <li>A time is a text of ISO 8601 in UTC, to the millisecond; a duration a text such as {@code
 *       90s}.
 *   <li>A member that a reader does not know is ignored: a newer peer may send more.
 *   <li>A member that is missing, null or of another type is null where the component may be null,
 *       else empty, zero or false: an older peer may send less.
 * </ol>
 *
 * <p>The only class that looks at records by reflection: the compiler then checks every name and
 * type once, in the record.
 */
public final class Codec {
    private static final ClassValue<Shape> SHAPES =
            new ClassValue<>() {
                @Override
                protected Shape computeValue(Class<?> type) {
                    return new Shape(type);
                }
            };

    private final UnaryOperator<String> texts;

    /**
     * A reader.
     *
     * @param texts applied to each text that it reads
     */
    public Codec(UnaryOperator<String> texts) {
        this.texts = texts;
    }

    // --- writing

    /** A record, a list of them, or a single value as plain values. */
    public static @Nullable Object plain(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Record r -> members(r);
            case Instant t -> t.truncatedTo(ChronoUnit.MILLIS).toString();
            case Duration d -> d.toMillisPart() == 0 ? d.toSeconds() + "s" : d.toMillis() + "ms";
            case Map<?, ?> m -> {
                var out = new LinkedHashMap<String, @Nullable Object>();
                m.forEach((key, each) -> out.put(String.valueOf(key), plain(each)));
                yield out;
            }
            case Collection<?> c -> {
                var out = new ArrayList<@Nullable Object>(c.size());
                c.forEach(each -> out.add(plain(each)));
                yield out;
            }
            default -> value;
        };
    }

    /** The members of a record; to be added to. */
    public static Map<String, @Nullable Object> members(Record record) {
        var shape = SHAPES.get(record.getClass());
        var out = new LinkedHashMap<String, @Nullable Object>();
        for (var member : shape.members) {
            var value = member.of(record);
            if (value != null || !member.sparse) {
                out.put(member.name, plain(value));
            }
        }
        return out;
    }

    // --- reading

    /** A record of plain values. */
    public <T extends Record> T record(@Nullable Object plain, Class<T> type) {
        return type.cast(object(plain, type));
    }

    /** A list of records of plain values. */
    public <T extends Record> List<T> records(@Nullable Object plain, Class<T> type) {
        return items(plain).map(item -> record(item, type)).toList();
    }

    private static Stream<?> items(@Nullable Object plain) {
        return plain instanceof List<?> l ? l.stream() : Stream.of();
    }

    private Object object(@Nullable Object plain, Class<?> type) {
        var shape = SHAPES.get(type);
        var given = plain instanceof Map<?, ?> m ? m : Map.of();
        var arguments = new @Nullable Object[shape.members.size()];
        for (int i = 0; i < arguments.length; i++) {
            var member = shape.members.get(i);
            arguments[i] = value(given.get(member.name), member.type, member.nullable);
        }
        return shape.made(arguments);
    }

    private @Nullable Object value(@Nullable Object plain, Type type, boolean nullable) {
        if (type instanceof ParameterizedType generic) {
            return collection(plain, generic);
        }
        var of = (Class<?>) type;
        if (of.isRecord()) {
            return plain == null && nullable ? null : object(plain, of);
        }
        var found = scalar(plain, of);
        return found != null || nullable ? found : nothing(of);
    }

    private Object collection(@Nullable Object plain, ParameterizedType type) {
        var of = type.getActualTypeArguments();
        if (type.getRawType() == List.class) {
            return items(plain).map(item -> value(item, of[0], false)).toList();
        }
        var out = new LinkedHashMap<String, @Nullable Object>();
        if (plain instanceof Map<?, ?> m) {
            m.forEach((key, each) -> out.put(text(key), value(each, of[1], false)));
        }
        return out;
    }

    private String text(Object value) {
        return texts.apply(value.toString());
    }

    private @Nullable Object scalar(@Nullable Object plain, Class<?> type) {
        if (plain == null || plain instanceof Map || plain instanceof List) {
            return null;
        }
        if (type == String.class) {
            return text(plain);
        }
        if (type == Instant.class) {
            return time(plain.toString());
        }
        if (type == boolean.class || type == Boolean.class) {
            return plain instanceof Boolean b ? b : null;
        }
        if (!(plain instanceof Number number)) {
            return null;
        }
        return switch (type.getName()) {
            case "int", "java.lang.Integer" -> number.intValue();
            case "long", "java.lang.Long" -> number.longValue();
            case "double", "java.lang.Double" -> number.doubleValue();
            default -> number;
        };
    }

    private static @Nullable Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private static Object nothing(Class<?> type) {
        return switch (type.getName()) {
            case "java.lang.String" -> "";
            case "boolean" -> false;
            case "int", "java.lang.Number" -> 0;
            case "long" -> 0L;
            case "double" -> 0.0;
            case "java.time.Instant" -> Instant.EPOCH;
            default -> throw new IllegalArgumentException("no member can be of " + type);
        };
    }

    // --- shapes

    /** A record of values by the members' names; a missing one is null, else nothing. */
    static <T extends Record> T made(Class<T> type, Map<String, @Nullable Object> values) {
        var shape = SHAPES.get(type);
        var arguments = new @Nullable Object[shape.members.size()];
        for (int i = 0; i < arguments.length; i++) {
            var member = shape.members.get(i);
            var value = values.get(member.name);
            arguments[i] =
                    value != null || member.nullable
                            ? value
                            : member.type instanceof Class<?> of ? nothing(of) : List.of();
        }
        return type.cast(shape.made(arguments));
    }

    /** The members of a record in their order. */
    static List<Member> members(Class<?> type) {
        return SHAPES.get(type).members;
    }

    /** A component of a record. */
    static final class Member {
        final String name;
        final Type type;
        final boolean nullable;
        final boolean sparse;
        final String doc;
        private final RecordComponent component;

        private Member(RecordComponent component) {
            this.component = component;
            var key = component.getAnnotation(Key.class);
            this.name = key == null ? component.getName() : key.value();
            this.type = component.getGenericType();
            this.nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
            this.sparse = component.isAnnotationPresent(Sparse.class);
            var said = component.getAnnotation(Doc.class);
            this.doc = said == null ? "" : said.value();
        }

        /** The type as Java spells it, such as {@code java.util.List<java.lang.String>}. */
        String typeName() {
            return type.getTypeName();
        }

        private @Nullable Object of(Record record) {
            try {
                return component.getAccessor().invoke(record);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(name + " of " + record.getClass(), e);
            }
        }
    }

    private static final class Shape {
        private final List<Member> members;
        private final Constructor<?> constructor;

        Shape(Class<?> type) {
            var components = type.getRecordComponents();
            if (components == null) {
                throw new IllegalArgumentException(type + " is not a record");
            }
            members = Stream.of(components).map(Member::new).toList();
            try {
                constructor =
                        type.getDeclaredConstructor(
                                Stream.of(components)
                                        .map(RecordComponent::getType)
                                        .toArray(Class<?>[]::new));
            } catch (NoSuchMethodException e) {
                throw new IllegalStateException("every record has its constructor", e);
            }
        }

        private Object made(@Nullable Object[] arguments) {
            try {
                return constructor.newInstance(arguments);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(constructor.toString(), e);
            }
        }
    }
}
