package io.plumbline.core.release;

import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.ReleaseDiff.Difference;
import io.plumbline.engine.docker.plan.NormalForm;
import io.plumbline.testkit.Releases;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Two releases field by field, in the manifest's words. */
class ReleaseDiffTest {

    private static Map<String, String> text(ReleaseService service, String pipeline) {
        return NormalForm.desired(service.spec(), null, pipeline).fields();
    }

    @Test
    void theSameReleaseHasNoDifference() {
        var r = Releases.release("shop", service("web").memory(512L << 20).replicas(2));
        assertThat(ReleaseDiff.between(r, r, ReleaseDiffTest::text)).isEmpty();
    }

    @Test
    void eachFieldThatDiffersIsNamedWithBothValues() {
        var before = Releases.release("shop", service("web").memory(512L << 20).env("A", "1"));
        var after =
                Releases.release("shop", service("web").memory(1L << 30).env("B", "2").replicas(3));
        assertThat(ReleaseDiff.between(before, after, ReleaseDiffTest::text))
                .contains(
                        new Difference("web", "memory", "512m", "1g"),
                        new Difference("web", "env[A]", "1", ""),
                        new Difference("web", "env[B]", "", "2"),
                        new Difference("web", "replicas", "1", "3"))
                .hasSize(4);
    }

    @Test
    void aServiceThatComesOrGoesHasAllItsFields() {
        var one = Releases.release("shop", service("web"));
        var two = Releases.release("shop", service("web"), service("worker"));
        assertThat(ReleaseDiff.between(one, two, ReleaseDiffTest::text))
                .allMatch(d -> d.service().equals("worker") && d.from().isEmpty())
                .anyMatch(d -> d.field().equals("image") && !d.to().isEmpty());
        assertThat(ReleaseDiff.between(two, one, ReleaseDiffTest::text))
                .allMatch(d -> d.service().equals("worker") && d.to().isEmpty());
    }
}
