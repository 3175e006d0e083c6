package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.StepEngine.Attempt;
import io.plumbline.runtime.engine.DriverFactory;
import io.plumbline.testkit.FakeJob.Ending;
import java.time.Duration;
import java.util.Locale;

/** Steps on the cluster in memory promise what each must. */
class ClusterStepsTest extends StepEngineContract {
    private final FakeCluster cluster = new FakeCluster("local");

    @Override
    protected DriverFactory factory() {
        return ClusterDriver.of(cluster);
    }

    @Override
    protected SpecBuilder spec(Does does) {
        var image =
                Releases.image(
                        "registry.example.com/" + does.name().toLowerCase(Locale.ROOT) + ":1");
        cluster.runs(
                image.engineName(),
                start ->
                        switch (does) {
                            case SUCCEEDS -> Ending.DONE;
                            case FAILS -> Ending.exit(3);
                            case LASTS -> Ending.LASTING;
                            case IGNORES_TERM -> Ending.LASTING.ignoringTerm();
                            case EATS_MEMORY -> Ending.oom();
                            case PRINTS ->
                                    Ending.DONE.prints("one", "two").after(Duration.ofMillis(100));
                            case CANNOT_START ->
                                    throw new PlumblineException(
                                            FailureKind.INVALID, "no such program");
                            case MAKES ->
                                    Ending.DONE
                                            .with("/model", "m")
                                            .with("/out/a", "one")
                                            .with("/out/in/run", 0755, "two")
                                            .withLink("/etc-link", "/etc/passwd")
                                            .with("/linked/z", "")
                                            .withLink("/linked/l", "z");
                            case COPIES ->
                                    Ending.DONE.with(
                                            "/copy",
                                            start.text("/in/data")
                                                    + start.text("/in/key")
                                                    + start.env().get("TOKEN"));
                        });
        return new SpecBuilder(image);
    }

    @Override
    protected void vanish(Attempt attempt) {
        cluster.vanishes(attempt);
    }
}
