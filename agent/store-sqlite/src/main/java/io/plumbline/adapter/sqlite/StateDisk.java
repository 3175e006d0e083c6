package io.plumbline.adapter.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The disk of a folder, and its free space.
 *
 * @param folder the folder
 * @param free bytes that the agent's user can still write there; -1 if not known
 */
public record StateDisk(Path folder, long free) {
    /** Limit in bytes below which any failure in the folder is probably a lack of space. */
    private static final long FULL = 1 << 20;

    /**
     * Returns the disk of a file or folder; of the nearest existing folder above it if it does not
     * exist.
     */
    public static StateDisk of(Path path) {
        var absolute = path.toAbsolutePath().normalize();
        var folder = Files.isRegularFile(absolute) ? absolute.getParent() : absolute;
        while (folder != null && !Files.isDirectory(folder)) {
            folder = folder.getParent();
        }
        if (folder == null) {
            return new StateDisk(absolute, -1);
        }
        try {
            return new StateDisk(folder, Files.getFileStore(folder).getUsableSpace());
        } catch (IOException e) {
            return new StateDisk(folder, -1);
        }
    }

    /** Whether there is no space left. */
    public boolean full() {
        return free >= 0 && free < FULL;
    }

    /**
     * Returns why a running agent changes nothing.
     *
     * @param cause the error of a write
     */
    String unwritable(String cause) {
        return "the agent cannot write its record in "
                + folder
                + (free < 0 ? "" : ", where " + free + " bytes are free")
                + ": "
                + cause
                + ". It writes down each action first, so it deploys and repairs nothing now. "
                + (full() ? "Make room on that disk" : "Make the folder writable")
                + "; the agent then goes on by itself";
    }

    /**
     * Returns why an agent does not start on a full disk.
     *
     * @param cause the error
     */
    public String notStarted(String cause) {
        return "the agent cannot start: the disk of the state folder "
                + folder
                + " is full, "
                + free
                + " bytes are free. Make room there and start the agent again; what runs keeps"
                + " running. What failed: "
                + cause;
    }
}
