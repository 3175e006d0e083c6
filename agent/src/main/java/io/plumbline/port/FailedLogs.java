package io.plumbline.port;

import io.plumbline.core.rollout.FailedLog;
import java.util.List;

/** The logs of failed releases, kept beyond their containers. */
public interface FailedLogs {

    /**
     * Keeps a log, in place of what was kept of the same container. Of a pipeline the logs of the
     * newest {@link FailedLog#RELEASES} releases are kept.
     */
    void keepLog(String pipeline, FailedLog log);

    /** What is kept of a pipeline, newest first. */
    List<FailedLog> failedLogs(String pipeline);
}
