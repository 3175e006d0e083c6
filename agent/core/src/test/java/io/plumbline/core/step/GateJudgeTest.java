package io.plumbline.core.step;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.manifest.Gate;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GateJudgeTest {

    private static Gate.Metric auc(@Nullable Double min, boolean stable, double regression) {
        return new Gate.Metric("auc", "train", "metrics", min, null, stable, regression, true);
    }

    private static byte[] json(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void passesAtTheBoundAndSaysTheValue() {
        var result = GateJudge.judge(auc(0.8, false, 0), json("{\"auc\": 0.8}"), null);
        assertThat(result.passed()).isTrue();
        assertThat(result.gate()).isEqualTo("metric auc");
        assertThat(result.reason()).isEqualTo("auc is 0.8, as required: at least 0.8");
        assertThat(result.value()).isEqualTo(0.8);
    }

    @Test
    void failsBelowTheBound() {
        var result = GateJudge.judge(auc(0.8, false, 0), json("{\"auc\": 0.79}"), null);
        assertThat(result.passed()).isFalse();
        assertThat(result.reason()).isEqualTo("auc is 0.79, required: at least 0.8");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "7",
                "{\"auc\": null}",
                "{\"auc\": \"0.9\"}",
                "{\"auc\": NaN}",
                "{\"auc\": 1e999}",
                "{\"AUC\": 0.9}",
                "{\"auc\": {\"value\": 0.9}}"
            })
    void failsWithoutAFiniteNumber(String metrics) {
        var result = GateJudge.judge(auc(0.1, false, 0), json(metrics), null);
        assertThat(result.passed()).isFalse();
        assertThat(result.reason()).isEqualTo("auc is no finite number in train.metrics");
        assertThat(result.value()).isNull();
    }

    @Test
    void comparesWithTheStableRelease() {
        var gate = auc(null, true, 0.01);
        assertThat(GateJudge.judge(gate, json("{\"auc\": 0.9}"), json("{\"auc\": 0.91}")).passed())
                .isTrue();
        var worse = GateJudge.judge(gate, json("{\"auc\": 0.89}"), json("{\"auc\": 0.91}"));
        assertThat(worse.passed()).isFalse();
        assertThat(worse.reason())
                .isEqualTo("auc is 0.89, required: at least 0.9 (the stable release has 0.91)");
    }

    @Test
    void aSmallerValueCanBeTheBetterOne() {
        var loss = new Gate.Metric("loss", "train", "metrics", null, null, true, 0, false);
        assertThat(GateJudge.judge(loss, json("{\"loss\": 0.2}"), json("{\"loss\": 0.3}")).passed())
                .isTrue();
        assertThat(GateJudge.judge(loss, json("{\"loss\": 0.4}"), json("{\"loss\": 0.3}")).passed())
                .isFalse();
    }

    @Test
    void withoutAStableReleaseAnotherBoundDecides() {
        var metrics = json("{\"auc\": 0.9}");
        assertThat(GateJudge.judge(auc(null, true, 0), metrics, null).passed()).isFalse();
        assertThat(GateJudge.judge(auc(null, true, 0), metrics, null).reason())
                .isEqualTo("auc is 0.9, required: a stable release with auc");
        var alone = GateJudge.judge(auc(0.8, true, 0), metrics, null);
        assertThat(alone.passed()).isTrue();
        assertThat(alone.reason()).isEqualTo("auc is 0.9, as required: at least 0.8");
        assertThat(GateJudge.judge(auc(0.95, true, 0), metrics, null).passed()).isFalse();
    }

    @Test
    void aDotLeadsIntoAnObject() {
        var gate = new Gate.Metric("test.auc", "train", "metrics", 0.5, null, false, 0, true);
        assertThat(GateJudge.judge(gate, json("{\"test\": {\"auc\": 0.6}}"), null).passed())
                .isTrue();
        assertThat(GateJudge.judge(gate, json("{\"test.auc\": 0.6}"), null).passed()).isTrue();
        assertThat(GateJudge.judge(gate, json("{\"test\": 0.6}"), null).passed()).isFalse();
    }
}
