package io.plumbline.adapter.git;

import org.eclipse.jgit.lib.EmptyProgressMonitor;

/** Makes JGit stop between two objects. */
final class CancelSwitch extends EmptyProgressMonitor {
    private volatile boolean cancelled;

    void cancel() {
        cancelled = true;
    }

    @Override
    public boolean isCancelled() {
        return cancelled;
    }
}
