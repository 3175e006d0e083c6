package io.plumbline.adapter.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The disk that a folder is on, and how much room it has.
 *
 * @param folder there
 * @param free bytes that the agent's user may still write there; -1 where that cannot be read
 */
public record StateDisk(Path folder, long free) {
    /** Below this, whatever fails in the folder probably fails for lack of room. */
    private static final long FULL = 1 << 20;

    /** The disk of a file or folder; of the nearest folder above it where it is not there. */
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

    /** Whether there is no room left. */
    public boolean full() {
        return free >= 0 && free < FULL;
    }

    /**
     * Why an agent that runs changes nothing.
     *
     * @param cause what a write was answered with
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
     * Why an agent does not start on a full disk.
     *
     * @param cause what failed
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
