package io.plumbline.runtime.git;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.rollout.Backoff;
import io.plumbline.port.Tasks;
import io.plumbline.runtime.webhook.DeliveryBookTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Looks are begun by the loop and ended by the test. */
@Timeout(120)
class HintLoopTest {
    private static final Duration NEVER = Duration.ofHours(1);
    private static final RepositoryView GOOD = DeliveryBookTest.view("c", true, "");
    private static final RepositoryView NEWS = DeliveryBookTest.view("d", true, "");
    private static final RepositoryView BAD = DeliveryBookTest.view("c", false, "refused");
    private static final Backoff NO_WAIT = new Backoff(Duration.ZERO, Duration.ZERO);

    private final BlockingQueue<CompletableFuture<RepositoryView>> looks =
            new LinkedBlockingQueue<>();
    private final BlockingQueue<List<Long>> settled = new LinkedBlockingQueue<>();
    private final BlockingQueue<Boolean> more = new LinkedBlockingQueue<>();
    private final List<Long> waiting = new ArrayList<>();
    private HintLoop loop =
            new HintLoop(
                    "none",
                    () -> null,
                    CompletableFuture::new,
                    List::of,
                    (_, _, _) -> {},
                    NEVER,
                    NO_WAIT,
                    List.of(),
                    Tasks.virtual());

    private void start(Duration spacing, Backoff backoff) {
        start(spacing, backoff, List.of());
    }

    private void start(Duration spacing, Backoff backoff, List<Duration> pauses) {
        loop =
                new HintLoop(
                        "ml",
                        GOOD::commit,
                        () -> {
                            var look = new CompletableFuture<RepositoryView>();
                            looks.add(look);
                            return look;
                        },
                        this::waiting,
                        (numbers, _, follows) -> {
                            more.add(follows);
                            settled.add(List.copyOf(numbers));
                        },
                        spacing,
                        backoff,
                        pauses,
                        Tasks.virtual());
        loop.start();
    }

    private synchronized Collection<Long> waiting() {
        return List.copyOf(waiting);
    }

    private synchronized void comes(long number) {
        waiting.add(number);
        loop.hint();
    }

    private CompletableFuture<RepositoryView> look() throws InterruptedException {
        var look = looks.poll(30, TimeUnit.SECONDS);
        assertThat(look).as("a look that begins").isNotNull();
        return look;
    }

    private List<Long> settled() throws InterruptedException {
        return settled.poll(30, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() {
        loop.close();
    }

    @Test
    void aHintIsFollowedAtOnce() throws Exception {
        start(NEVER, NO_WAIT);
        comes(1);
        look().complete(GOOD);
        assertThat(settled()).containsExactly(1L);
    }

    @Test
    void hintsOfALookAreOneLookAfterIt() throws Exception {
        start(Duration.ZERO, NO_WAIT);
        comes(1);
        var first = look();
        for (long n = 2; n <= 500; n++) {
            comes(n);
        }
        assertThat(looks).as("one at a time").isEmpty();
        first.complete(GOOD);
        assertThat(settled()).as("not those that came while it ran").containsExactly(1L);
        look().complete(GOOD);
        assertThat(settled()).hasSize(500);
        assertThat(looks.poll(50, TimeUnit.MILLISECONDS)).as("a third look").isNull();
    }

    @Test
    void theNextLookKeepsItsDistance() throws Exception {
        start(NEVER, NO_WAIT);
        comes(1);
        look().complete(GOOD);
        settled();
        comes(2);
        assertThat(looks.poll(50, TimeUnit.MILLISECONDS)).as("a look at once").isNull();
    }

    @Test
    void aLookThatBringsNothingNewIsFollowedByOthers() throws Exception {
        start(Duration.ZERO, NO_WAIT, List.of(Duration.ofMillis(1), Duration.ofMillis(2)));
        comes(1);
        for (int i = 0; i < 3; i++) {
            look().complete(GOOD);
        }
        assertThat(looks.poll(50, TimeUnit.MILLISECONDS)).as("a fourth look").isNull();
        comes(2);
        look().complete(GOOD);
        look().complete(NEWS);
        assertThat(looks.poll(50, TimeUnit.MILLISECONDS)).as("a look after news").isNull();
        assertThat(more)
                .as("whether another one follows")
                .containsExactly(true, true, false, true, false);
    }

    @Test
    void aHintBeginsTheFollowingLooksAnew() throws Exception {
        start(Duration.ZERO, NO_WAIT, List.of(Duration.ZERO, NEVER));
        for (int i = 0; i < 5; i++) {
            comes(i);
            look().complete(GOOD);
            look().complete(GOOD);
        }
        assertThat(looks.poll(50, TimeUnit.MILLISECONDS)).as("two series at a time").isNull();
    }

    @Test
    void failuresKeepLongerDistances() throws Exception {
        start(Duration.ZERO, new Backoff(NEVER, NEVER));
        comes(1);
        look().complete(BAD);
        settled();
        comes(2);
        assertThat(looks.poll(50, TimeUnit.MILLISECONDS)).as("a look at once").isNull();
    }

    @Test
    void aLookThatEndsBadlyIsNotTheEndOfTheLoop() throws Exception {
        start(Duration.ZERO, NO_WAIT);
        comes(1);
        look().completeExceptionally(new IllegalStateException("of this test"));
        comes(2);
        look().complete(GOOD);
        assertThat(settled()).containsExactly(1L, 2L);
    }
}
