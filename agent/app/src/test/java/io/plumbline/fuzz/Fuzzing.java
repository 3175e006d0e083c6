package io.plumbline.fuzz;

import java.util.Objects;

/** Where Jazzer comes in; the system property {@code plumbline.fuzz.target} names the target. */
public final class Fuzzing {
    private static final FuzzTarget TARGET = target();

    private Fuzzing() {}

    /** Jazzer's entry. */
    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        TARGET.take(Objects.requireNonNull(input));
    }

    private static FuzzTarget target() {
        var name = System.getProperty("plumbline.fuzz.target", "");
        return FuzzTarget.all().stream()
                .filter(t -> t.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no target is named " + name));
    }
}
