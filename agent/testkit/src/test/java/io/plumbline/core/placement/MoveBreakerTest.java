package io.plumbline.core.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.testkit.Property;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MoveBreakerTest {

    private static final Move LOST = move("web", Move.Cause.LOST);

    private static Move move(String service, Move.Cause cause) {
        return new Move(service, "a", "b", 2, cause, "a is lost");
    }

    private static Duration minutes(double n) {
        return Duration.ofSeconds((long) (n * 60));
    }

    private static MoveBreaker moved(double... minutes) {
        MoveBreaker breaker = MoveBreaker.NONE;
        for (double at : minutes) {
            breaker =
                    breaker.after(
                            List.of(LOST, LOST, move("api", Move.Cause.DRAINED)), minutes(at));
        }
        return breaker;
    }

    @Test
    void holdsAServiceThatMovedThreeTimesInTenMinutesUntilTenAreQuiet() {
        assertThat(moved(0, 4).held(minutes(4))).isEmpty();
        MoveBreaker three = moved(0, 4, 9.5);
        assertThat(three.held(minutes(9.5)))
                .containsOnlyKeys("web")
                .containsValue(
                        "it moved 3 times within 10 minutes, so it stays until 10 minutes have"
                                + " passed since the last move");
        assertThat(three.held(minutes(19.4))).isNotEmpty();
        assertThat(three.wakeUp(minutes(19))).contains(Duration.ofSeconds(30));
        assertThat(three.held(minutes(19.5))).isEmpty();
        assertThat(three.wakeUp(minutes(19.5))).isEmpty();
    }

    @Test
    void countsAnewAfterTheQuiet() {
        MoveBreaker later = moved(0, 1, 2).after(List.of(LOST), minutes(12));
        assertThat(later.held(minutes(12))).isEmpty();
        assertThat(later.after(List.of(LOST), minutes(13)).held(minutes(13))).isEmpty();
    }

    @Test
    void movesThatAreFarApartAreNeverHeld() {
        assertThat(moved(0, 6, 12, 18, 24).held(minutes(24))).isEmpty();
    }

    @Test
    void whatPeopleMoveDoesNotCount() {
        assertThat(moved(0, 1, 2).moves()).containsOnlyKeys("web");
    }

    @Test
    void forgetsWhatIsPast() {
        assertThat(moved(0).after(List.of(), minutes(10)).moves()).isEmpty();
    }

    @Test
    void isTheSameOnAnotherClock() {
        MoveBreaker three = moved(0, 4, 9.5);
        MoveBreaker after = MoveBreaker.of(three.ages(minutes(12)), minutes(500));
        assertThat(after.held(minutes(507.4))).isNotEmpty();
        assertThat(after.held(minutes(507.5))).isEmpty();
    }

    @Test
    void howeverOftenAnEngineComesAndGoesThereAreThreeMovesInTenMinutesAtMost() {
        Property.holds(
                200,
                draw -> {
                    MoveBreaker breaker = MoveBreaker.NONE;
                    List<Duration> moves = new ArrayList<>();
                    Duration now = Duration.ZERO;
                    for (int i = 0; i < 100; i++) {
                        now = now.plusSeconds(draw.between(1, 120 * draw.size()));
                        if (!breaker.held(now).containsKey("web")) {
                            breaker = breaker.after(List.of(LOST), now);
                            moves.add(now);
                        }
                    }
                    for (int i = MoveBreaker.MOST; i < moves.size(); i++) {
                        assertThat(moves.get(i).minus(moves.get(i - MoveBreaker.MOST)))
                                .isGreaterThanOrEqualTo(MoveBreaker.WINDOW);
                    }
                });
    }
}
