package io.plumbline.core.observed;

/**
 * How a command in a container ended.
 *
 * @param exitCode of the command; 126 or 127 where it could not be started
 * @param output the beginning of what it printed, on both outputs
 */
public record CommandResult(int exitCode, String output) {

    /** Whether it ended with 0. */
    public boolean passed() {
        return exitCode == 0;
    }
}
