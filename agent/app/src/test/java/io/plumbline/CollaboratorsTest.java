package io.plumbline;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * How many parts a class of the core, the loops and the Docker engine works with. A part is a field
 * or a parameter of a constructor whose type does something: a class, an interface or a function.
 * Values do not count: enums, types of the JDK, and records and sealed interfaces of values.
 */
class CollaboratorsTest {
    private static final int MOST = 12;
    private static final String MIDDLE =
            "io\\.plumbline\\.(core|port|runtime|engine\\.docker)\\..*";

    private final Map<Class<?>, Boolean> values = new HashMap<>();

    @Test
    void noClassInTheMiddleHasMoreThanTwelve() {
        var counts = new TreeMap<String, Long>();
        ArchitectureTest.CODE.stream()
                .filter(c -> c.getName().matches(MIDDLE))
                .map(JavaClass::reflect)
                .forEach(c -> counts.put(c.getName(), collaborators(c)));
        assertThat(counts).hasSizeGreaterThan(500);
        assertThat(counts.values()).as("the count works").anyMatch(n -> n > 8);
        counts.values().removeIf(n -> n <= MOST);
        assertThat(counts).as("classes with more than %d collaborators", MOST).isEmpty();
    }

    private long collaborators(Class<?> type) {
        var fields =
                Arrays.stream(type.getDeclaredFields())
                        .filter(f -> !Modifier.isStatic(f.getModifiers()) && !f.isSynthetic())
                        .map(Field::getType);
        var constructors =
                Arrays.stream(type.getDeclaredConstructors())
                        .map(Constructor::getParameterTypes)
                        .mapToLong(p -> count(Arrays.stream(p)));
        return Math.max(count(fields), constructors.max().orElse(0));
    }

    private long count(Stream<Class<?>> types) {
        return types.filter(t -> !isValue(t)).count();
    }

    private boolean isValue(Class<?> type) {
        var known = values.get(type);
        if (known != null) {
            return known;
        }
        values.put(type, true); // A record may hold records of its own type.
        boolean value;
        if (!type.getName().startsWith("io.plumbline.")) {
            value =
                    !type.isAnnotationPresent(FunctionalInterface.class)
                            || Comparable.class.isAssignableFrom(type);
        } else if (type.isEnum()) {
            value = true;
        } else if (type.isRecord()) {
            value =
                    Arrays.stream(type.getRecordComponents())
                            .map(RecordComponent::getType)
                            .allMatch(this::isValue);
        } else {
            value =
                    type.isSealed()
                            && Arrays.stream(type.getPermittedSubclasses()).allMatch(this::isValue);
        }
        values.put(type, value);
        return value;
    }
}
