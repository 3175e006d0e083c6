package io.plumbline.simulation;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** The faults that wait for an engine's next calls. */
final class Faults {
    static final Set<String> CHANGING =
            Set.of(
                    "createNetwork",
                    "removeNetwork",
                    "createVolume",
                    "create",
                    "copy",
                    "start",
                    "stop",
                    "remove",
                    "rename",
                    "unpause",
                    "update",
                    "connect",
                    "disconnect",
                    "pull",
                    "load");

    /** How a call goes wrong. */
    enum Kind {
        REFUSED,
        TIMED_OUT,
        LATE,
        LOST,
        HALF_DONE
    }

    private static final class Armed {
        private final Kind kind;
        private final boolean changing;
        private int left;

        Armed(Kind kind, boolean changing, int calls) {
            this.kind = kind;
            this.changing = changing;
            this.left = calls;
        }
    }

    /** Calls about one container that an engine does not answer while it holds its lock. */
    private static final Set<String> ABOUT_ONE =
            Set.of(
                    "inspect",
                    "copy",
                    "start",
                    "stop",
                    "remove",
                    "rename",
                    "unpause",
                    "update",
                    "connect",
                    "disconnect",
                    "exec");

    private final List<Armed> armed = new ArrayList<>();
    private final Map<String, Boolean> hanging = new ConcurrentSkipListMap<>();
    private volatile boolean away;

    /** The next so many calls go wrong that way; {@code changing}: only those that change. */
    synchronized void arm(Kind kind, boolean changing, int calls) {
        armed.add(new Armed(kind, changing, calls));
    }

    /**
     * From now on calls about that container are not answered.
     *
     * @param inspectOnly whether the other calls are
     */
    void hang(String containerId, boolean inspectOnly) {
        hanging.put(containerId, inspectOnly);
    }

    /** Whether a call about an object is not answered, though the engine answers. */
    boolean hangs(String operation, Object[] args) {
        if (hanging.isEmpty() || args.length == 0 || !(args[0] instanceof String id)) {
            return false;
        }
        var inspectOnly = hanging.get(id);
        return inspectOnly != null
                && (inspectOnly ? operation.equals("inspect") : ABOUT_ONE.contains(operation));
    }

    /** From now on the engine answers nothing, or it does again. */
    void away(boolean goes) {
        away = goes;
    }

    boolean away() {
        return away;
    }

    /** Every container answers again. */
    void answerAgain() {
        hanging.clear();
    }

    synchronized void clear() {
        armed.clear();
        hanging.clear();
    }

    /** What happens to this call; null if nothing. */
    synchronized @Nullable Kind next(String operation) {
        var found =
                armed.stream()
                        .filter(one -> !one.changing || CHANGING.contains(operation))
                        .findFirst();
        if (found.isEmpty()) {
            return null;
        }
        if (--found.get().left == 0) {
            armed.remove(found.get());
        }
        return found.get().kind;
    }

    static PlumblineException refused(String operation, String engine) {
        return new PlumblineException(
                FailureKind.TRANSIENT,
                operation
                        + " on engine "
                        + engine
                        + ": 500 cannot start a transient unit: connection to dbus timed out");
    }

    static PlumblineException unanswered(String operation, String engine) {
        return new PlumblineException(
                FailureKind.UNREACHABLE,
                operation + " on engine " + engine + ": no answer within the deadline");
    }
}
