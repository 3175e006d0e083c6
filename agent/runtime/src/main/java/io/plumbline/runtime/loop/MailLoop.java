package io.plumbline.runtime.loop;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The loop of a thread with a mailbox: a pass, then the mail that came meanwhile, then the next
 * pass. A pass that fails unexpectedly is reported and repeated after 5 s.
 */
public final class MailLoop {
    private static final Duration AFTER_A_FAILURE = Duration.ofSeconds(5);

    private MailLoop() {}

    /**
     * Runs until it is closed or interrupted.
     *
     * @param pass returns how long to wait for mail before the next pass
     * @param failed gets the exception of a failed pass
     */
    public static void run(
            Mailbox mailbox,
            BooleanSupplier closed,
            Supplier<Duration> pass,
            Consumer<Throwable> failed) {
        while (!closed.getAsBoolean()) {
            Duration wait;
            try {
                wait = pass.get();
            } catch (RuntimeException | VirtualMachineError | LinkageError e) {
                if (closed.getAsBoolean()) {
                    return;
                }
                failed.accept(e);
                wait = AFTER_A_FAILURE;
            }
            try {
                mailbox.take(wait).forEach(Runnable::run);
            } catch (InterruptedException e) {
                return;
            }
        }
    }
}
