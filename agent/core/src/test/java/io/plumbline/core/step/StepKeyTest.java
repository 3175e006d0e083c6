package io.plumbline.core.step;

import static io.plumbline.core.step.StepsForTests.step;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.manifest.StepCache;
import io.plumbline.manifest.StepRetry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StepKeyTest {

    private static StepKey key(StepsForTests step) {
        return StepKey.of(step.build(), Map.of("data", "sha256:d"));
    }

    private static StepsForTests train() {
        return step("train").in("data", "load", "data").out("model").env("RATE", "1");
    }

    @Test
    void isTheSameForTheSameStepInEveryVersion() {
        assertThat(key(train())).isEqualTo(key(train()));
        // A change of this text makes every step of every user run again after an upgrade.
        assertThat(key(train()).value())
                .isEqualTo(
                        "sha256:0d8775b918309b324bc49eca180771f0a831c30db9182f92d88a030ca72ea3f2");
    }

    @Test
    void changesWithEachPartAndNamesIt() {
        var before = key(train());
        assertThat(changed(before, train().env("RATE", "2"))).containsExactly("env.RATE");
        assertThat(changed(before, train().env("MORE", "2"))).containsExactly("env.MORE");
        assertThat(changed(before, train().image("2"))).containsExactly("image");
        assertThat(changed(before, train().out("report"))).containsExactly("outputs.report");
        assertThat(changed(before, train().secret("key")))
                .containsExactly("secrets.key as env SECRET");
        assertThat(changed(before, train().cache(new StepCache(null, null, "2", List.of()))))
                .containsExactly("cache.version");
        var other = StepKey.of(train().build(), Map.of("data", "sha256:e"));
        assertThat(other.value()).isNotEqualTo(before.value());
        assertThat(StepKey.changed(before.parts(), other.parts())).containsExactly("inputs.data");
    }

    private static List<String> changed(StepKey before, StepsForTests step) {
        var now = key(step);
        assertThat(now.value()).isNotEqualTo(before.value());
        return StepKey.changed(before.parts(), now.parts());
    }

    @Test
    void doesNotKnowRetriesTimesAndIgnoredVariables() {
        var cache = new StepCache(true, Duration.ofDays(1), "", List.of("RATE"));
        var before = key(train().cache(cache));
        assertThat(key(train().cache(cache).env("RATE", "9"))).isEqualTo(before);
        assertThat(key(train().cache(cache).retry(3, StepRetry.On.ERROR))).isEqualTo(before);
        assertThat(key(train().cache(cache).timeout(Duration.ofHours(1)))).isEqualTo(before);
        assertThat(key(train().cache(cache).once())).isEqualTo(before);
        assertThat(key(train().cache(cache).after("other"))).isEqualTo(before);
    }

    @Test
    void needsTheDigestOfEachInput() {
        assertThatThrownBy(() -> StepKey.of(train().build(), Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("data");
    }
}
