package io.plumbline;

import io.plumbline.server.AgentServer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;

/**
 * The part of the agent's start that is done beside its main thread: the initialization of
 * libraries that the main thread uses a moment later. It has no other effect. A failure here is
 * ignored, because the real use meets it again and reports it.
 */
final class StartAhead {
    private final CountDownLatch logging = new CountDownLatch(1);

    private StartAhead() {}

    /** Begins. The property {@code plumbline.log} must be set before. */
    static StartAhead begin() {
        var ahead = new StartAhead();
        Thread.ofPlatform().daemon().name("start-ahead").start(ahead::run);
        return ahead;
    }

    private void run() {
        try {
            LoggerFactory.getILoggerFactory();
        } finally {
            logging.countDown();
        }
        for (var step : List.<Runnable>of(AgentServer::prepare)) {
            try {
                step.run();
            } catch (RuntimeException | LinkageError e) {
                LoggerFactory.getLogger(StartAhead.class).debug("start ahead", e);
            }
        }
    }

    /**
     * Waits until the log is configured. A logger that is requested meanwhile would hold its lines
     * back.
     */
    void awaitLogging() throws InterruptedException {
        logging.await();
    }
}
