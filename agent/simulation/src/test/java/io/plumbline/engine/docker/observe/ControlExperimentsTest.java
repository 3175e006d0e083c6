package io.plumbline.engine.docker.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.engine.docker.api.ControlResult;
import io.plumbline.engine.docker.api.ControlSpec;
import io.plumbline.port.Ticker;
import io.plumbline.testkit.FakeEngine;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ControlExperimentsTest {
    private static final ControlSpec SMALL =
            new ControlSpec("plumbline_shop", false, false, false, false, null);
    private static final ControlSpec LARGE =
            new ControlSpec("", true, true, true, true, Duration.ofSeconds(2));
    private static final ControlResult FAILED = ControlResult.failed("runc is not well");

    private final FakeEngine engine = new FakeEngine("local");
    private final AtomicLong nanos = new AtomicLong();
    private final ControlExperiments experiments =
            new ControlExperiments(
                    engine,
                    new Ticker() {
                        @Override
                        public long nanos() {
                            return nanos.get();
                        }

                        @Override
                        public Instant now() {
                            return Instant.EPOCH;
                        }
                    });

    private long seconds(int more) {
        return nanos.addAndGet(Duration.ofSeconds(more).toNanos());
    }

    private long made() {
        return engine.calls().stream().filter(c -> c.equals("control")).count();
    }

    @Test
    void onePassSpeaksAgainstAllWhoseTroubleBeganBeforeIt() {
        long before = nanos.get();
        seconds(1);
        assertThat(experiments.after(before, LARGE)).hasValue(ControlResult.PASSED);
        assertThat(experiments.after(before, SMALL)).hasValue(ControlResult.PASSED);
        assertThat(made()).isEqualTo(1);
        long later = seconds(1);
        assertThat(experiments.after(later, LARGE)).as("a minute is not over").isEmpty();
        seconds(60);
        assertThat(experiments.after(later, LARGE)).hasValue(ControlResult.PASSED);
        assertThat(made()).isEqualTo(2);
    }

    @Test
    void whatPassedWithLessSaysNothingOfMore() {
        assertThat(experiments.after(0, SMALL)).hasValue(ControlResult.PASSED);
        assertThat(experiments.after(0, LARGE)).isEmpty();
        seconds(60);
        assertThat(experiments.after(0, LARGE)).hasValue(ControlResult.PASSED);
    }

    @Test
    void oneFailureExcusesAllUntilTheNextIsDue() {
        engine.controlShows(FAILED);
        assertThat(experiments.after(0, SMALL)).hasValue(FAILED);
        engine.controlShows(ControlResult.PASSED);
        assertThat(experiments.after(seconds(30), LARGE)).as("more fails, too").hasValue(FAILED);
        assertThat(experiments.after(seconds(30), LARGE)).hasValue(ControlResult.PASSED);
        assertThat(made()).isEqualTo(2);
    }

    @Test
    void aQuickerCheckCoversASlowerOneOnly() {
        var slow = new ControlSpec("", false, false, false, false, Duration.ofSeconds(10));
        assertThat(LARGE.covers(slow)).isTrue();
        assertThat(slow.covers(LARGE)).isFalse();
        assertThat(LARGE.covers(LARGE)).isTrue();
    }
}
