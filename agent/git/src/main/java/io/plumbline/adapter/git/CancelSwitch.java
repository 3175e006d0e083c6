package io.plumbline.adapter.git;

import org.eclipse.jgit.lib.EmptyProgressMonitor;

/** The switch that stops JGit between two objects. */
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
