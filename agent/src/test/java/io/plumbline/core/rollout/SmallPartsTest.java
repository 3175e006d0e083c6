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
        assertThat(fights.contested(Set.of("web/1/memory"), 5 * second)).isEmpty();
        fights.repaired("web/1/memory", 5 * second);
        assertThat(fights.contested(Set.of("web/1/memory", "web/1/name"), 6 * second))
                .contains("web/1/memory");
        assertThat(fights.contested(Set.of("web/1/memory"), 601 * second)).isEmpty();
    }

    @Test
    void slowRepairsAreNoFight() {
        var fights = new FightDetector();
        long minute = 60L * 1_000_000_000;
        for (long i = 0; i < 20; i++) {
            fights.repaired("web/1/memory", i * 3 * minute);
            assertThat(fights.contested(Set.of("web/1/memory"), i * 3 * minute)).isEmpty();
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
