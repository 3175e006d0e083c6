package io.plumbline.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class SchedulerTest {
    private final List<String> told = new ArrayList<>();
    private final Scheduler scheduler = new Scheduler(1, (task, e) -> told.add(task + " " + e));
    private final Scheduler.Life driver = scheduler.life();
    private final Scheduler.Life other = scheduler.life();

    private interface Work {
        void run() throws Exception;
    }

    private void drive(Work work) {
        scheduler.run(
                "driver",
                driver,
                () -> {
                    try {
                        work.run();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    } finally {
                        other.unwind();
                    }
                });
    }

    private void sleepAndTell(String name, int seconds) {
        try {
            other.sleep(Duration.ofSeconds(seconds));
            told.add(name + " at " + scheduler.nanos() / 1_000_000_000);
        } catch (InterruptedException e) {
            told.add(name + " interrupted");
        } finally {
            told.add(name + " ends");
        }
    }

    @Test
    void timeJumpsToTheNextDeadline() {
        drive(
                () -> {
                    other.start("late", () -> sleepAndTell("late", 3_600));
                    other.start("early", () -> sleepAndTell("early", 5));
                    driver.sleep(Duration.ofHours(2));
                });
        assertThat(told).containsExactly("early at 5", "early ends", "late at 3600", "late ends");
    }

    @Test
    void aKilledLifeEndsWhereItWaits() {
        drive(
                () -> {
                    other.start("one", () -> sleepAndTell("one", 60));
                    driver.sleep(Duration.ofSeconds(1));
                    other.unwind();
                    told.add("unwound");
                    driver.sleep(Duration.ofHours(1));
                });
        assertThat(told).containsExactly("one ends", "unwound");
    }

    @Test
    void anInboxAFutureAndAnInterruptWake() {
        drive(
                () -> {
                    var inbox = other.<String>inbox();
                    var answer = new CompletableFuture<String>();
                    other.start("takes", () -> take(inbox, answer));
                    var sleeper = other.start("sleeps", () -> sleepAndTell("sleeps", 60));
                    driver.sleep(Duration.ofSeconds(1));
                    inbox.add("item");
                    sleeper.interrupt();
                    assertThat(driver.get(answer)).isEqualTo("item");
                    sleeper.join();
                    assertThat(scheduler.nanos()).isEqualTo(1_000_000_000L);
                });
        assertThat(told).containsExactlyInAnyOrder("sleeps interrupted", "sleeps ends");
    }

    private static void take(
            io.plumbline.port.Tasks.Inbox<String> inbox, CompletableFuture<String> answer) {
        try {
            answer.complete(inbox.take());
        } catch (InterruptedException e) {
            answer.completeExceptionally(e);
        }
    }

    @Test
    void aWaitEndsAtItsDeadline() {
        drive(
                () -> {
                    try {
                        driver.get(new CompletableFuture<>(), Duration.ofSeconds(9));
                    } catch (TimeoutException e) {
                        told.add("timeout at " + scheduler.nanos() / 1_000_000_000);
                    }
                    assertThat(driver.inbox().poll(Duration.ofSeconds(2))).isNull();
                    assertThat(scheduler.nanos()).isEqualTo(11_000_000_000L);
                });
        assertThat(told).containsExactly("timeout at 9");
    }
}
