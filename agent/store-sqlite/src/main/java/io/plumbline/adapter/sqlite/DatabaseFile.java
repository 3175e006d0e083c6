package io.plumbline.adapter.sqlite;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The file of a database in the state folder, with its log. Other users cannot read it. If it is
 * damaged, it is set aside as a whole.
 *
 * @param folder absolute
 * @param name of the file
 */
record DatabaseFile(Path folder, String name) {
    private static final int KEPT_ASIDE = 3;
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    Path path() {
        return folder.resolve(name);
    }

    private String aside() {
        return name + ".damaged-";
    }

    /** Whether the file exists and is not empty. */
    boolean present() throws IOException {
        return Files.exists(path(), LinkOption.NOFOLLOW_LINKS) && Files.size(path()) > 0;
    }

    /** Ensures that the file exists, with its permissions set before it has content. */
    void prepare() throws IOException {
        if (!Files.exists(path(), LinkOption.NOFOLLOW_LINKS)) {
            // A log without its file belongs to a deleted file.
            Files.deleteIfExists(folder.resolve(name + "-wal"));
            Files.deleteIfExists(folder.resolve(name + "-shm"));
            Files.createFile(path(), OWNER_FILE);
            syncFolder();
        } else {
            Files.setPosixFilePermissions(path(), PosixFilePermissions.fromString("rw-------"));
        }
    }

    /** Sets the file and its log aside and returns the new path; the newest three are kept. */
    Path setAside() throws IOException {
        var numbers = asideNumbers();
        int next = numbers.isEmpty() ? 1 : numbers.last() + 1;
        Path to = folder.resolve(aside() + next);
        Files.move(path(), to);
        for (String end : List.of("-wal", "-shm")) {
            Path part = folder.resolve(name + end);
            if (Files.exists(part, LinkOption.NOFOLLOW_LINKS)) {
                Files.move(part, folder.resolve(aside() + next + end));
            }
        }
        numbers.add(next);
        while (numbers.size() > KEPT_ASIDE) {
            int oldest = numbers.first();
            numbers.remove(oldest);
            for (String end : List.of("", "-wal", "-shm")) {
                Files.deleteIfExists(folder.resolve(aside() + oldest + end));
            }
        }
        syncFolder();
        return to;
    }

    private NavigableSet<Integer> asideNumbers() throws IOException {
        var form = Pattern.compile(Pattern.quote(aside()) + "([0-9]{1,9})(-wal|-shm)?");
        var numbers = new TreeSet<Integer>();
        try (var files = Files.list(folder)) {
            files.forEach(
                    file -> {
                        var number = form.matcher(file.getFileName().toString());
                        if (number.matches()) {
                            numbers.add(Integer.parseInt(number.group(1)));
                        }
                    });
        }
        return numbers;
    }

    void syncFolder() throws IOException {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
