package io.plumbline.runtime.state;

import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tasks;
import io.plumbline.port.Ticker;
import io.plumbline.runtime.loop.HourlyWarnings;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The task that finds out whether the ledger can be written. After a failed write it probes every 5
 * s, so that the agent soon continues when there is space again. It probes an idle ledger every 30
 * s. No event can be written meanwhile, so it logs the problem, at most hourly.
 */
public final class LedgerWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LedgerWatch.class);
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final int IDLE_ROUNDS = 6;

    private final Ledger ledger;
    private final Tasks tasks;
    private final HourlyWarnings warnings;
    private final Tasks.Task thread;
    private boolean told;

    public LedgerWatch(Ledger ledger, Ticker ticker) {
        this.ledger = ledger;
        this.tasks = ticker.tasks();
        this.warnings = new HourlyWarnings(ticker);
        this.thread = tasks.task("ledger", this::run);
    }

    public void start() {
        thread.start();
    }

    /** Logs why a pass of a loop failed, unless this watch reports the cause anyway. */
    public static void loopFailed(Logger log, String loop, Ledger ledger, Throwable e) {
        if (e instanceof PlumblineException && ledger.unwritable().isPresent()) {
            log.debug("{} waits for the ledger: {}", loop, e.getMessage());
        } else {
            log.error("{} the loop failed unexpectedly", loop, e);
        }
    }

    private void run() {
        try {
            for (int round = 1; ; round++) {
                tasks.sleep(PAUSE);
                look(round % IDLE_ROUNDS == 0);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(boolean due) {
        try {
            tell();
            if (due || told) {
                ledger.probe();
                tell();
            }
        } catch (RuntimeException | VirtualMachineError | LinkageError e) {
            LOG.error("looking after the ledger failed unexpectedly", e);
        }
    }

    private void tell() {
        var why = ledger.unwritable();
        if (why.isPresent()) {
            told = true;
            if (warnings.due("unwritable")) {
                LOG.error("{}", why.get());
            }
        } else if (told) {
            told = false;
            LOG.info("the ledger can be written again");
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
