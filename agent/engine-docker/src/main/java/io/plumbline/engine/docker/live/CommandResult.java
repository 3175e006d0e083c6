package io.plumbline.engine.docker.live;

/**
 * The result of a command in a container.
 *
 * @param exitCode exit code of the command; 126 or 127 if it could not be started
 * @param output the beginning of its output, stdout and stderr
 */
public record CommandResult(int exitCode, String output) {

    /** Whether it ended with 0. */
    public boolean passed() {
        return exitCode == 0;
    }
}
