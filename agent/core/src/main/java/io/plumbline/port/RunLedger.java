package io.plumbline.port;

import io.plumbline.api.Run;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The durable records of runs. Every write is durable when the call returns. */
public interface RunLedger {

    /** Writes a run; replaces an earlier record with its pipeline and number. */
    void save(Run run);

    /** Returns the pipelines that have recorded runs, also removed ones. */
    Set<String> pipelines();

    /** Returns the number of a pipeline's newest run; 0 if there is none. */
    long last(String pipeline);

    /** Returns a run. */
    Optional<Run> find(String pipeline, long number);

    /** Returns runs, newest first. */
    List<Run> newest(String pipeline, int limit);

    /**
     * Returns the newest run in which a step with this key succeeded by running, not by an earlier
     * result.
     */
    Optional<Run> ofKey(String pipeline, String key);

    /** Returns the newest run that made this release. */
    Optional<Run> ofRelease(String pipeline, String release);

    /** Deletes all but the newest runs, and those that made one of the given releases. */
    void trim(String pipeline, int kept, Set<String> releases);
}
