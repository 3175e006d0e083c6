package io.plumbline.core.step;

import static io.plumbline.core.step.StepsForTests.set;
import static io.plumbline.core.step.StepsForTests.step;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Run;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StepTextsTest {

    private static Run run(long number, String commit) {
        var set = set(step("load").out("rows"));
        return RunMachine.begin(set, "shop", number, commit, "git", "", Instant.EPOCH);
    }

    private static StepSpec with(String text) {
        return step("train").in("data", "load", "rows").out("model").env("TEXT", text).build();
    }

    private static String replaced(String text, Map<String, String> params) {
        var spec = StepTexts.of(with(text), params, run(7, "c0ffee")).workload().spec();
        return String.valueOf(spec.env().get("TEXT"));
    }

    @Test
    void everyPlaceholderHasItsValue() {
        assertThat(
                        replaced(
                                "{{params.a}} {{ inputs.data.path }} {{outputs.model.path}}"
                                        + " {{run.id}} {{commit}}",
                                Map.of("a", "1")))
                .isEqualTo("1 /in/data /out/model 7 c0ffee");
    }

    @Test
    void valuesAreDataAndAreNotReadAgain() {
        assertThat(
                        replaced(
                                "{{params.a}}{{params.b}}",
                                Map.of("a", "{{commit}} $1 \\", "b", "{{params.a}}")))
                .isEqualTo("{{commit}} $1 \\{{params.a}}");
    }

    @Test
    void otherBracesStay() {
        var text = "{{.Names}} {{ x }} {{commits}} {{{commit}} {{params.unknown}} {{";
        assertThat(replaced(text, Map.of()))
                .isEqualTo("{{.Names}} {{ x }} {{commits}} {c0ffee {{params.unknown}} {{");
    }

    @Test
    void aStepWithoutPlaceholdersIsTheSameObject() {
        var plain = with("text");
        assertThat(StepTexts.of(plain, Map.of("a", "1"), run(1, "c"))).isSameAs(plain);
    }

    @Test
    void theKeyIsThatOfTheTextWithValues() {
        var said = key(with("{{params.a}}"), "1", 1, "c");
        assertThat(said).isEqualTo(key(with("1"), "2", 2, "d"));
        assertThat(said.value()).isNotEqualTo(key(with("{{params.a}}"), "2", 1, "c").value());
        assertThat(key(with("{{run.id}}"), "", 1, "c").value())
                .isNotEqualTo(key(with("{{run.id}}"), "", 2, "c").value());
    }

    private static StepKey key(StepSpec step, String a, long number, String commit) {
        var texts = StepTexts.of(step, Map.of("a", a), run(number, commit));
        return StepKey.of(texts, Map.of("data", "sha256:d"));
    }
}
