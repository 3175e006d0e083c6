package io.plumbline.engine.docker.observe;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.port.Tasks;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

class BoundedParallelTest {
    private final ActionSlots slots = new ActionSlots(2);
    private final List<Integer> begun = new ArrayList<>();
    private final Set<Integer> done = new ConcurrentSkipListSet<>();

    private void each(int items, BooleanSupplier goOn, IntConsumer work) {
        BoundedParallel.each(
                Tasks.virtual(),
                "test",
                slots,
                items,
                goOn,
                begun::add,
                i -> {
                    work.accept(i);
                    done.add(i);
                });
    }

    private static void wait(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Test
    void twoRunAtTheSameTimeAndNeverMore() {
        var both = new CountDownLatch(2);
        var running = new AtomicInteger();
        var most = new AtomicInteger();
        each(
                20,
                () -> true,
                i -> {
                    most.accumulateAndGet(running.incrementAndGet(), Math::max);
                    both.countDown();
                    wait(both);
                    running.decrementAndGet();
                });
        assertThat(most).hasValue(2);
        assertThat(done).hasSize(20);
        assertThat(begun).isSorted();
    }

    @Test
    void whoFindsNoSlotStillDoesOneAfterTheOther() {
        assertThat(slots.tryTake()).isTrue();
        each(5, () -> true, _ -> {});
        assertThat(done).containsExactly(0, 1, 2, 3, 4);
        assertThat(slots.tryTake()).as("still taken by the other").isFalse();
    }

    @Test
    void aSlotThatBecomesFreeIsUsed() {
        assertThat(slots.tryTake()).isTrue();
        var second = new CountDownLatch(1);
        each(
                2,
                () -> true,
                i -> {
                    if (i == 0) {
                        slots.giveBack();
                        wait(second);
                    } else {
                        second.countDown();
                    }
                });
        assertThat(done).containsExactly(0, 1);
    }

    @Test
    void afterAFailureNoFurtherOneBeginsAndWhatRunsComesToItsEnd() {
        assertThatThrownBy(
                        () ->
                                each(
                                        6,
                                        () -> true,
                                        i -> {
                                            if (i == 1) {
                                                throw new IllegalStateException("one fails");
                                            }
                                            // The failure is counted when its slot is free again.
                                            await().until(slots::tryTake);
                                            slots.giveBack();
                                        }))
                .hasMessage("one fails");
        assertThat(begun).containsExactly(0, 1);
        assertThat(done).containsExactly(0);
    }

    @Test
    void noFurtherOneBeginsWhenThePlanIsNoLongerRight() {
        var right = new AtomicBoolean(true);
        each(6, right::get, _ -> right.set(false));
        assertThat(done).hasSizeLessThanOrEqualTo(2).contains(0);
        assertThat(slots.tryTake()).as("slots are given back").isTrue();
    }

    @Test
    void whatCannotBeWrittenDoesNotBegin() {
        assertThatThrownBy(
                        () ->
                                BoundedParallel.each(
                                        Tasks.virtual(),
                                        "test",
                                        slots,
                                        3,
                                        () -> true,
                                        i -> {
                                            if (i == 1) {
                                                throw new IllegalStateException("disk is full");
                                            }
                                        },
                                        done::add))
                .hasMessage("disk is full");
        assertThat(done).containsExactly(0);
        assertThat(slots.tryTake()).as("slots are given back").isTrue();
    }

    @Test
    void anInterruptReachesAllAndIsKept() throws InterruptedException {
        var kept = new AtomicBoolean();
        var started = new CountDownLatch(2);
        var caller =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        each(
                                                4,
                                                () -> true,
                                                _ -> {
                                                    started.countDown();
                                                    wait(new CountDownLatch(1));
                                                });
                                    } catch (IllegalStateException e) {
                                        kept.set(Thread.currentThread().isInterrupted());
                                    }
                                });
        started.await();
        caller.interrupt();
        caller.join();
        assertThat(kept).isTrue();
        assertThat(begun).hasSize(2);
    }
}
