package io.plumbline.port.driver;

import io.plumbline.core.release.HostRules;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.port.FileBytes;
import io.plumbline.port.LogLine;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An engine as a place where steps run to their end. Every call blocks the calling (virtual)
 * thread, has a deadline, and throws {@link io.plumbline.port.PlumblineException} as {@link
 * EngineDriver} says. Safe for several threads; one attempt is worked on by one thread.
 */
public interface StepEngine {

    /**
     * One attempt to run a step. It is found again by these values after a restart of the agent.
     *
     * @param pipeline the pipeline's name on engines
     * @param step name of the step
     * @param run number of the run that began it
     * @param attempt from 1
     * @param key cache key
     */
    record Attempt(String pipeline, String step, long run, int attempt, String key) {}

    /**
     * What shall run.
     *
     * @param attempt its identity
     * @param repository the pipeline's repository
     * @param commit the commit that is run
     * @param workload the container; its {@code spec.files} include the inputs
     * @param files bytes by SHA-256 of all files of the spec
     * @param ofImages the rules for labels and variables of the image
     */
    record Order(
            Attempt attempt,
            String repository,
            String commit,
            ReleaseService workload,
            Map<String, FileBytes> files,
            HostRules ofImages) {

        /** Creates an order under the rules that hold if the operator has set no key. */
        public Order(
                Attempt attempt,
                String repository,
                String commit,
                ReleaseService workload,
                Map<String, FileBytes> files) {
            this(attempt, repository, commit, workload, files, HostRules.DEFAULT);
        }
    }

    /** What the engine shows of an attempt. */
    sealed interface Shown {
        /** It has no container that was ever started. */
        record Absent() implements Shown {}

        /** Its process runs. */
        record Running() implements Shown {}

        /**
         * Its process ended.
         *
         * @param exitCode of the process; 128 and the number of the signal if one ended it
         * @param outOfMemory whether the kernel ended it for memory
         * @param error the engine's message, empty if there is none
         */
        record Exited(int exitCode, boolean outOfMemory, String error) implements Shown {}
    }

    /**
     * Starts an attempt: pulls the image if it is missing, creates the container with its files and
     * secrets, and starts it. An attempt that was started before is left alone; an unfinished
     * container of it is removed and made again.
     *
     * @param pull deadline of the pull
     * @param progress receives what it does, for display
     */
    void start(Order order, Duration pull, Consumer<String> progress);

    /** Returns what the engine shows of an attempt now. */
    Shown look(Attempt attempt);

    /**
     * Waits until the attempt does not run any more, at most this long.
     *
     * @return what the engine shows then
     */
    Shown await(Attempt attempt, Duration atMost);

    /** Receives the files of an output. */
    interface Files {
        /**
         * Receives a file.
         *
         * @param path below the output's folder; empty if the output is a file
         * @param mode permission bits
         * @param size bytes
         * @param bytes is read before the call returns
         */
        void file(String path, int mode, long size, InputStream bytes) throws IOException;
    }

    /**
     * Reads an output of an attempt that ended: a file, or all files below a folder. The bytes are
     * never in memory as a whole.
     *
     * @return whether the path is a folder
     * @throws io.plumbline.port.PlumblineException {@code MISSING} if there is nothing at the path;
     *     {@code INVALID} if it has a link, a device, or a path that leaves the folder
     */
    boolean read(Attempt attempt, String path, Files files);

    /**
     * Reads the log, oldest line first.
     *
     * @param follow whether it continues until the attempt ends or the handle is closed
     * @param end called once when no more lines follow
     * @return null if the attempt has no container
     */
    @Nullable AutoCloseable logs(
            Attempt attempt, boolean follow, Consumer<LogLine> lines, Runnable end);

    /** Stops an attempt; it is no error if it does not run. */
    void stop(Attempt attempt, Duration grace);

    /** Removes all of an attempt that ended, with its anonymous volumes. */
    void remove(Attempt attempt);

    /**
     * Returns the attempts of which the engine has a container.
     *
     * @param pipeline the pipeline's name on engines
     */
    List<Attempt> attempts(String pipeline);
}
