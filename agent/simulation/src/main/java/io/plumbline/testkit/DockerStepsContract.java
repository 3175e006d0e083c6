package io.plumbline.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.manifest.RestartPolicy;
import io.plumbline.manifest.SecretMount;
import io.plumbline.port.driver.StepEngine.Attempt;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What holds for steps on every Docker engine. */
public abstract class DockerStepsContract extends StepEngineContract {

    /** The labels of the attempt's container, and its restart policy as {@code restart}. */
    protected abstract Map<String, String> labels(Attempt attempt);

    @Test
    void theContainerIsFoundAgainByItsLabels() {
        var attempt = attempt("train");
        var spec =
                spec(Does.SUCCEEDS)
                        .restart(RestartPolicy.NO)
                        .secret(new SecretMount.AsFile("key", "/in/key", 0400, 0, 0))
                        .secret(new SecretMount.AsEnv("token", "TOKEN"))
                        .build();
        steps().start(order(attempt, spec, Map.of()), Duration.ofMinutes(1), _ -> {});
        assertThat(labels(attempt))
                .containsEntry("plumbline.agent", agent())
                .containsEntry("plumbline.pipeline", run)
                .containsEntry("plumbline.repository", "ml")
                .containsEntry("plumbline.step", "train")
                .containsEntry("plumbline.run", "7")
                .containsEntry("plumbline.attempt", "1")
                .containsEntry("plumbline.key", attempt.key())
                .containsEntry("plumbline.commit", "c0ffee")
                .containsEntry("plumbline.image", "image:1")
                .containsEntry("plumbline.secrets", "key=h1,token=h1")
                .containsEntry("restart", "no")
                .containsKeys("plumbline.ledger", "plumbline.spec")
                .doesNotContainKeys("plumbline.service", "plumbline.replica", "plumbline.release");
    }
}
