package io.plumbline.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.docs.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every seed, and every input that once did harm. */
class FuzzInputsTest {
    private static final Path FOUND = Checkout.ROOT.resolve("agent/app/src/test/resources/fuzz");

    @TestFactory
    Stream<DynamicTest> inputDoesNoHarm() throws IOException {
        var tests = new ArrayList<DynamicTest>();
        for (var target : FuzzTarget.all()) {
            int number = 0;
            for (var seed : target.seeds()) {
                var name = target.name() + " seed " + ++number;
                tests.add(DynamicTest.dynamicTest(name, () -> target.take(seed)));
            }
            for (var file : found(target)) {
                var name = target.name() + " " + file.getFileName();
                tests.add(
                        DynamicTest.dynamicTest(name, () -> target.take(Files.readAllBytes(file))));
            }
        }
        assertThat(tests).hasSizeGreaterThanOrEqualTo(FuzzTarget.all().size());
        return tests.stream();
    }

    private static List<Path> found(FuzzTarget target) throws IOException {
        var folder = FOUND.resolve(target.name());
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (var files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }
}
