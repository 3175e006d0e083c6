package io.plumbline.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes each target's seeds into a folder of its own: {@code FuzzSeeds FOLDER}; prints the names.
 */
public final class FuzzSeeds {
    private FuzzSeeds() {}

    /** Takes the folder. */
    public static void main(String[] args) throws IOException {
        for (var target : FuzzTarget.all()) {
            var folder = Files.createDirectories(Path.of(args[0], target.name()));
            int number = 0;
            for (var seed : target.seeds()) {
                Files.write(folder.resolve("seed-" + ++number), seed);
            }
            System.out.println(target.name());
        }
        System.exit(0);
    }
}
