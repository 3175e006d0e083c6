package io.plumbline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.slf4j.LoggerFactory;

/**
 * The process's file mode creation mask, umask(2). With it only the owner can read a file that a
 * library creates, however the agent was started.
 */
final class Umask {
    private static final int OWNER_ONLY = 077;

    /** What the kernel says about this process, proc(5). */
    private static final Path STATUS = Path.of("/proc/self/status");

    private static final Pattern SET = Pattern.compile("Umask:\\s*0*77");

    private Umask() {}

    /**
     * Sets it to 077. If the system has no such call, only the state folder's own mode protects the
     * files. Makes no call if whoever started the agent has set it: preparing a native call takes
     * longer than reading the kernel's answer.
     */
    @SuppressWarnings("restricted")
    static void ownerOnly() {
        if (isOwnerOnly(STATUS)) {
            return;
        }
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

    /**
     * Whether a file in the format of {@code /proc/PID/status} says 077; false if it does not say.
     */
    static boolean isOwnerOnly(Path status) {
        try (var lines = Files.lines(status, StandardCharsets.ISO_8859_1)) {
            return lines.anyMatch(line -> SET.matcher(line).matches());
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }
}
