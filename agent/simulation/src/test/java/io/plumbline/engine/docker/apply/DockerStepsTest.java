package io.plumbline.engine.docker.apply;

import static io.plumbline.testkit.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.StepEngine.Attempt;
import io.plumbline.port.driver.StepEngine.Shown;
import io.plumbline.runtime.engine.DriverFactory;
import io.plumbline.testkit.DockerStepsContract;
import io.plumbline.testkit.FakeEngine;
import io.plumbline.testkit.FakeImage;
import io.plumbline.testkit.FakeJob.Ending;
import io.plumbline.testkit.FakeJob.Start;
import io.plumbline.testkit.SpecBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Steps on a Docker engine, over the fake one. */
class DockerStepsTest extends DockerStepsContract {
    private static final Duration SOON = Duration.ofMillis(100);

    private final FakeEngine engine = new FakeEngine("local");

    @Override
    protected DriverFactory factory() {
        return DockerDriver.of(engine);
    }

    @Override
    protected SpecBuilder spec(Does does) {
        return new SpecBuilder(scripted(does).ref());
    }

    private FakeImage scripted(Does does) {
        var image = engine.localImage(does.name());
        switch (does) {
            case SUCCEEDS -> image.runs(_ -> Ending.DONE);
            case FAILS -> image.runs(_ -> Ending.exit(3));
            case LASTS -> image.runs(_ -> Ending.LASTING);
            case IGNORES_TERM -> image.runs(_ -> Ending.LASTING.ignoringTerm());
            case EATS_MEMORY -> image.runs(_ -> Ending.oom());
            case PRINTS -> image.runs(_ -> Ending.DONE.prints("one", "two").after(SOON));
            case CANNOT_START -> image.failStart(FailureKind.INVALID, "no such file");
            case MAKES ->
                    image.runs(
                            _ ->
                                    Ending.DONE
                                            .with("/model", "m")
                                            .with("/out/a", "one")
                                            .with("/out/in/run", 0755, "two")
                                            .withLink("/etc-link", "/etc/passwd")
                                            .with("/linked/z", "")
                                            .withLink("/linked/l", "z"));
            case COPIES -> image.runs(DockerStepsTest::copied);
        }
        return image;
    }

    private static Ending copied(Start start) {
        var all = start.text("/in/data") + start.text("/in/key") + start.env().get("TOKEN");
        return Ending.DONE.with("/copy", all);
    }

    @Override
    protected void vanish(Attempt attempt) {
        engine.removeByForce(container(attempt).name());
    }

    private LiveContainer container(Attempt attempt) {
        return engine.all().stream()
                .filter(c -> c.label(Labels.STEP).equals(attempt.step()))
                .findFirst()
                .orElseThrow();
    }

    @Override
    protected Map<String, String> labels(Attempt attempt) {
        var c = container(attempt);
        var all = new TreeMap<>(c.labels());
        all.put("restart", c.config().restart());
        return all;
    }

    private void start(Attempt attempt, ImageRef image) {
        var spec = new SpecBuilder(image).restart(RestartPolicy.NO).build();
        steps().start(order(attempt, spec, Map.of()), Duration.ofMinutes(1), _ -> {});
    }

    @Test
    void aMissingImageIsPulled() {
        var image = engine.registry().push("registry.example.com/ml/train:1");
        image.runs(_ -> Ending.DONE);
        var attempt = attempt("train");
        start(attempt, image.ref());
        assertThat(steps().look(attempt)).isEqualTo(new Shown.Exited(0, false, ""));
        assertThat(engine.calls()).contains("pull " + image.ref().engineName());
    }

    @Test
    void anImageWithLabelsForOtherProgramsIsRefused() {
        for (var label : List.of("plumbline.pipeline", "traefik.enable")) {
            var image = engine.localImage("labelled").withLabel(label, "x");
            assertThatThrownBy(() -> start(attempt("train"), image.ref()))
                    .isInstanceOfSatisfying(
                            PlumblineException.class,
                            e -> assertThat(e.kind()).isEqualTo(FailureKind.INVALID))
                    .hasMessageContaining("step train carries the label " + label);
        }
        assertThat(engine.all()).isEmpty();
    }

    @Test
    void aNameThatIsInUseIsNotTaken() {
        var attempt = attempt("train");
        var name = run + "-train-7-1";
        engine.foreignContainer(
                new NewContainer(
                        name,
                        new SpecBuilder(engine.localImage("other").ref()).build(),
                        new TreeMap<>(),
                        "bridge",
                        Map.of(),
                        Map.of()));
        start(attempt, scripted(Does.FAILS).ref());
        assertThat(steps().look(attempt)).isEqualTo(new Shown.Exited(3, false, ""));
        assertThat(container(attempt).name()).startsWith(name + "-");
        assertThat(engine.container(name).label(Labels.STEP)).isEmpty();
    }

    @Test
    void aContainerWithoutAllItsFilesIsMadeAgain() {
        var attempt = attempt("train");
        engine.failNext("copy", FailureKind.TRANSIENT, "disk full");
        assertThatThrownBy(() -> start(attempt, scripted(Does.FAILS).ref()))
                .hasMessageContaining("disk full");
        var left = container(attempt);
        assertThat(steps().look(attempt)).isEqualTo(new Shown.Absent());
        start(attempt, scripted(Does.FAILS).ref());
        assertThat(engine.all()).singleElement().isNotEqualTo(left);
        assertThat(container(attempt).name()).isEqualTo(run + "-train-7-1");
    }

    @Test
    void aCreationWhoseAnswerCameLateIsMadeAgain() {
        var attempt = attempt("train");
        start(attempt, scripted(Does.FAILS).ref());
        var made = container(attempt);
        steps().remove(attempt);
        var late =
                new NewContainer(
                        made.name(),
                        new SpecBuilder(engine.localImage("late").ref()).build(),
                        made.labels(),
                        "bridge",
                        Map.of(),
                        Map.of());
        engine.before(
                (operation, _) -> {
                    if (operation.equals("create")) {
                        engine.before((_, _) -> {});
                        engine.foreignContainer(late);
                    }
                });
        start(attempt, scripted(Does.FAILS).ref());
        assertThat(engine.all()).hasSize(1);
        assertThat(container(attempt).name()).isEqualTo(run + "-train-7-1");
        assertThat(steps().look(attempt)).isEqualTo(new Shown.Exited(3, false, ""));
    }

    @Test
    void aCopyOfItsContainerIsNotTheAttempt() {
        var attempt = attempt("train");
        start(attempt, scripted(Does.LASTS).ref());
        var copy = container(attempt);
        steps().remove(attempt);
        engine.foreignContainer(
                new NewContainer(
                        "somebody",
                        new SpecBuilder(engine.localImage("other").ref()).build(),
                        copy.labels(),
                        "bridge",
                        Map.of(),
                        Map.of()));
        assertThat(steps().attempts(run)).isEmpty();
    }

    @Test
    void aLongNameIsShortened() {
        var attempt = attempt("s".repeat(200));
        start(attempt, scripted(Does.FAILS).ref());
        assertThat(container(attempt).name()).hasSizeLessThan(120).startsWith(run + "-sss");
        assertThat(steps().attempts(run)).containsExactly(attempt);
    }

    @Test
    void theEndOfAStepWakesNoPipeline() {
        var attempt = attempt("train");
        start(attempt, scripted(Does.LASTS).ref());
        await().until(engine::eventsAreDelivered);
        woken().clear();
        engine.exit(container(attempt).name(), 1);
        steps().remove(attempt);
        await().until(engine::eventsAreDelivered);
        assertThat(woken()).isEmpty();
    }

    @Test
    void aWaitEndsWhenTheEngineIsLost() {
        var attempt = attempt("train");
        start(attempt, scripted(Does.LASTS).ref());
        Thread.ofVirtual().start(engine::goAway);
        assertThatThrownBy(() -> steps().await(attempt, Duration.ofMinutes(1)))
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.UNREACHABLE));
    }

    @Test
    void theResultOfAFakeStepMayWaitForItsTest() {
        var attempt = attempt("train");
        start(attempt, engine.localImage("slow").runs(_ -> Ending.LASTING).ref());
        assertThat(steps().look(attempt)).isEqualTo(new Shown.Running());
        var lines = new CopyOnWriteArrayList<String>();
        var _ = steps().logs(attempt, true, l -> lines.add(l.text()), () -> {});
        engine.log(container(attempt).name(), "epoch 1");
        await().until(() -> lines.contains("epoch 1"));
        engine.finish(container(attempt).name());
        assertThat(steps().look(attempt)).isEqualTo(new Shown.Exited(0, false, ""));
    }
}
