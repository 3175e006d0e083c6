package io.plumbline;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import org.slf4j.LoggerFactory;

/**
 * The process's file mode creation mask, umask(2). With it only the owner can read a file that a
 * library creates, however the agent was started.
 */
final class Umask {
    private static final int OWNER_ONLY = 077;

    private Umask() {}

    /**
     * Sets it to 077. If the system has no such call, only the state folder's own mode protects the
     * files.
     */
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
