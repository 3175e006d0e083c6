package io.plumbline.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.BiConsumer;

/** Reads an agent's state folder while the agent may be at work in it: files come and go. */
final class StateFolder {
    private StateFolder() {}

    /** What is done with one path. */
    interface Look {
        void at(Path path) throws IOException;
    }

    /** Looks at every folder and file that is still there when it is its turn. */
    static void each(Path state, Look look) throws IOException {
        Files.walkFileTree(
                state,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes is)
                            throws IOException {
                        return visitFile(folder, is);
                    }

                    @Override
                    public FileVisitResult visitFile(Path path, BasicFileAttributes is)
                            throws IOException {
                        try {
                            look.at(path);
                        } catch (NoSuchFileException e) {
                            return visitFileFailed(path, e);
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path path, IOException e)
                            throws IOException {
                        if (e instanceof NoSuchFileException) {
                            return FileVisitResult.CONTINUE;
                        }
                        throw e;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path folder, IOException e) {
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    /** Gives each regular file's name and its bytes, one character each. */
    static void eachText(Path state, BiConsumer<String, String> look) throws IOException {
        each(
                state,
                path -> {
                    if (Files.isRegularFile(path)) {
                        look.accept(
                                path.toString(),
                                new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1));
                    }
                });
    }
}
