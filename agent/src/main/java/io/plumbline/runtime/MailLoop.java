package io.plumbline.runtime;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The loop of a thread that has mail: a pass, then what came meanwhile, then the next. A pass that
 * fails unexpectedly is told and made again after a while; only its end ends it.
 */
final class MailLoop {
    private static final Duration AFTER_A_FAILURE = Duration.ofSeconds(5);

    private MailLoop() {}

    /**
     * Runs until it is closed or interrupted.
     *
     * @param pass gives how long to wait for mail before the next
     * @param failed is told what a pass failed with
     */
    static void run(
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
