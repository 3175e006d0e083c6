package io.plumbline.engine.docker.apply;

import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.engine.docker.apply.Doubts.Ruling;
import io.plumbline.engine.docker.observe.ControlExperiments;
import io.plumbline.port.Ticker;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.Releases;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** When checks without a result count against a release. */
class DoubtsTest {
    private static final Duration NEXT = Duration.ofSeconds(15);

    private final AtomicLong nanos = new AtomicLong();
    private final Ticker ticker =
            new Ticker() {
                @Override
                public long nanos() {
                    return nanos.get();
                }

                @Override
                public Instant now() {
                    return Instant.EPOCH;
                }
            };
    private final Doubts doubts =
            new Doubts(new ControlExperiments(new FakeEngine("local"), ticker), ticker);
    private final Release release = Releases.release("shop", service("web"));

    private Ruling judge(String container) {
        var evidence =
                Evidence.of(
                        Evidence.Kind.CHECK_WITHOUT_RESULT, "no result", "health check", "late");
        return doubts.unproven(
                evidence, release, new Doubts.Check(container, Duration.ofSeconds(5), NEXT, false));
    }

    private void passes(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void theCheckThatBeganAfterTheControlContainerDecides() {
        assertThat(judge("a")).isInstanceOf(Ruling.Open.class);
        passes(NEXT.minusNanos(1));
        assertThat(judge("a")).isInstanceOf(Ruling.Open.class);
        passes(Duration.ofNanos(1));
        assertThat(judge("a")).isInstanceOf(Ruling.Against.class);
    }

    @Test
    void anotherContainerNeedsEvidenceOfItsOwn() {
        judge("a");
        passes(NEXT);
        assertThat(judge("b")).isInstanceOf(Ruling.Open.class);
        passes(NEXT);
        assertThat(judge("a")).isInstanceOf(Ruling.Open.class);
    }

    @Test
    void aResultMeanwhileEndsTheDoubt() {
        judge("a");
        doubts.forget(Evidence.Kind.NO_PROGRESS);
        passes(NEXT);
        assertThat(judge("a")).isInstanceOf(Ruling.Against.class);
        doubts.forget(Evidence.Kind.CHECK_WITHOUT_RESULT);
        assertThat(judge("a")).isInstanceOf(Ruling.Open.class);
    }
}
