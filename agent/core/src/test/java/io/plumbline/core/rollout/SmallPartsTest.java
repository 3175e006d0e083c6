package io.plumbline.core.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SmallPartsTest {

    @Test
    void backoffDoublesFromTheFirstToTheLongest() {
        var backoff = new Backoff(Duration.ofMinutes(1), Duration.ofHours(1));
        assertThat(backoff.after(1)).isEqualTo(Duration.ofMinutes(1));
        assertThat(backoff.after(2)).isEqualTo(Duration.ofMinutes(2));
        assertThat(backoff.after(6)).isEqualTo(Duration.ofMinutes(32));
        assertThat(backoff.after(7)).isEqualTo(Duration.ofHours(1));
        assertThat(backoff.after(1_000_000)).isEqualTo(Duration.ofHours(1));
    }

    @Test
    void aFightIsFiveRepairsOfOneFieldWithinTenMinutes() {
        var fights = new FightDetector();
        long second = 1_000_000_000L;
        for (int i = 0; i < 4; i++) {
            fights.repaired("web/1/memory", i * second);
        }
        fights.repaired("web/1/name", 4 * second);
        assertThat(fights.contested("web/1/memory")).isFalse();
        fights.repaired("web/1/memory", 5 * second);
        assertThat(fights.contested("web/1/memory")).isTrue();
        assertThat(fights.contested("web/1/name")).isFalse();
        assertThat(fights.rests("web/1/memory", 604 * second)).isTrue();
    }

    @Test
    void aContestedFieldIsRepairedOnceEveryTenMinutesAndTheFightEndsWhenItStaysRight() {
        var fights = new FightDetector();
        long second = 1_000_000_000L;
        var field = Set.of("web/1/memory");
        for (int i = 1; i <= 5; i++) {
            fights.repaired("web/1/memory", i * second);
        }
        fights.seen(field, 604 * second);
        assertThat(fights.rests("web/1/memory", 604 * second)).isTrue();
        assertThat(fights.rests("web/1/memory", 605 * second)).isFalse();

        fights.seen(Set.of(), 606 * second);
        fights.repaired("web/1/memory", 700 * second);
        assertThat(fights.rests("web/1/memory", 700 * second)).as("changed again").isTrue();

        fights.seen(Set.of(), 1301 * second);
        fights.seen(Set.of(), 1900 * second);
        assertThat(fights.contested("web/1/memory")).as("right for 599 s").isTrue();
        fights.seen(Set.of(), 1901 * second);
        assertThat(fights.contested("web/1/memory")).as("right for 10 min").isFalse();
    }

    @Test
    void theFirstTimesComeAtOnceUnlessTheyFail() {
        var starts = new RepeatBackoff(3);
        starts.did("web/1", 0);
        starts.did("web/1", 1);
        assertThat(starts.waiting(1)).isEmpty();
        starts.did("web/1", 2);
        assertThat(starts.pause("web/1")).isEqualTo(Duration.ofSeconds(1));
        starts.did("api/1", 2);
        starts.failed("api/1");
        assertThat(starts.waiting(2)).containsExactly("api/1", "web/1");
        assertThat(starts.pause("api/1")).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void theFirstStartComesAtOnceAndEachFurtherOneWaitsTwiceAsLongUpToFiveMinutes() {
        var starts = new RepeatBackoff(1);
        long second = 1_000_000_000L;
        assertThat(starts.waiting(0)).isEmpty();
        starts.did("web/1", 0);
        starts.did("api/1", 0);
        assertThat(starts.waiting(0)).containsExactly("api/1", "web/1");
        assertThat(starts.next(second / 4)).contains(Duration.ofMillis(750));
        assertThat(starts.waiting(second)).isEmpty();
        starts.did("web/1", second);
        assertThat(starts.next(second)).contains(Duration.ofSeconds(2));
        long now = second;
        for (int i = 0; i < 20; i++) {
            now += starts.pause("web/1").toNanos();
            starts.did("web/1", now);
        }
        assertThat(starts.pause("web/1")).isEqualTo(Duration.ofMinutes(5));

        now += 600 * second;
        assertThat(starts.waiting(now)).as("it ran for a while").isEmpty();
        starts.did("web/1", now);
        assertThat(starts.pause("web/1")).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void slowRepairsAreNoFight() {
        var fights = new FightDetector();
        long minute = 60L * 1_000_000_000;
        for (long i = 0; i < 20; i++) {
            fights.repaired("web/1/memory", i * 3 * minute);
            assertThat(fights.contested("web/1/memory")).isFalse();
        }
    }

    @Test
    void wordsOfStatesAreReadBack() {
        for (var s : DeploymentState.values()) {
            assertThat(DeploymentState.parse(s.word())).isEqualTo(s);
        }
        for (var t : Trigger.values()) {
            assertThat(Trigger.parse(t.word())).isEqualTo(t);
        }
    }
}
