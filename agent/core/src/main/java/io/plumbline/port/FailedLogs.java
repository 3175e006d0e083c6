package io.plumbline.port;

import io.plumbline.core.rollout.FailedLog;
import java.util.List;

/** The store of the logs of failed releases, which outlives their containers. */
public interface FailedLogs {

    /**
     * Stores a log; replaces an earlier one of the same container. For each pipeline, the logs of
     * the newest {@link FailedLog#RELEASES} releases are kept.
     */
    void keepLog(String pipeline, FailedLog log);

    /** Returns the kept logs of a pipeline, newest first. */
    List<FailedLog> failedLogs(String pipeline);
}
