package io.plumbline.runtime.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.port.Tasks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A hint that is given while another is taken is not lost, and neither are later ones. */
class MailboxTest {
    private static final int ROUNDS = 2000;
    private static final int TAKES = 20;
    private static final Duration LONG = Duration.ofSeconds(30);

    private final Mailbox mailbox = new Mailbox(Tasks.virtual());

    @Test
    void manyHintsAreOne() throws InterruptedException {
        var ran = new AtomicInteger();
        mailbox.hint();
        mailbox.hint();
        mailbox.post(ran::incrementAndGet);
        mailbox.hint();
        var taken = mailbox.take(LONG);
        assertThat(taken).hasSize(1);
        assertThat(wakes(Duration.ZERO)).isFalse();
    }

    @Test
    void noHintIsLostHoweverTheyCome() throws InterruptedException {
        for (int round = 0; round < ROUNDS; round++) {
            var stop = new AtomicBoolean();
            var hinters = new ArrayList<Thread>();
            for (int i = 0; i < 2; i++) {
                hinters.add(
                        Thread.ofPlatform()
                                .start(
                                        () -> {
                                            while (!stop.get()) {
                                                mailbox.hint();
                                            }
                                        }));
            }
            for (int i = 0; i < TAKES; i++) {
                mailbox.take(Duration.ZERO);
            }
            stop.set(true);
            for (var hinter : hinters) {
                hinter.join();
            }
            // Whatever happened last, the next one wakes.
            mailbox.hint();
            assertThat(wakes(LONG)).as("round %d", round).isTrue();
        }
    }

    private boolean wakes(Duration within) throws InterruptedException {
        long began = System.nanoTime();
        mailbox.take(within);
        return System.nanoTime() - began < within.toNanos();
    }
}
