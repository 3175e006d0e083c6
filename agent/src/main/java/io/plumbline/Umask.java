package io.plumbline;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import org.slf4j.LoggerFactory;

/**
 * The process's file mode creation mask, umask(2): whatever a library of ours creates, nobody but
 * the owner may read it, however the agent was started.
 */
final class Umask {
    private static final int OWNER_ONLY = 077;

    private Umask() {}

    /** Sets it to 077. Where the system has no such call, the state folder's own mode has to do. */
    @SuppressWarnings("restricted")
    static void ownerOnly() {
        try {
            var linker = Linker.nativeLinker();
            var umask = linker.defaultLookup().find("umask");
            if (umask.isPresent()) {
                var call =
                        linker.downcallHandle(
                                umask.get(),
                                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
                int _ = (int) call.invokeExact(OWNER_ONLY);
            }
        } catch (Throwable e) {
            LoggerFactory.getLogger(Umask.class)
                    .warn("the umask cannot be set to 077, see to it outside: {}", e.toString());
        }
    }
}
