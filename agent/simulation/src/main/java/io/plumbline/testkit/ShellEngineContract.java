package io.plumbline.testkit;

import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.RestartPolicy;
import java.time.Duration;
import java.util.List;

/** The contract of an engine whose images have a shell. */
public abstract class ShellEngineContract extends EngineContract {
    /** The image of {@link #labelled()}. */
    protected abstract ImageRef labelledImage();

    /** A container that runs a script in {@link #image()}, and is stopped at once. */
    protected final SpecBuilder sh(String script) {
        return command("/bin/sh", "-c", script);
    }

    private SpecBuilder command(String... command) {
        return new SpecBuilder(image()).command(command).stop(null, Duration.ZERO);
    }

    @Override
    protected final WorkloadSpec sleeper() {
        return command("/bin/sleep", "1000").build();
    }

    @Override
    protected final WorkloadSpec broken() {
        return new SpecBuilder(image()).command("/no/such/program").build();
    }

    @Override
    protected final WorkloadSpec ending(int code) {
        return sh("exit " + code).restart(RestartPolicy.NO).build();
    }

    @Override
    protected final WorkloadSpec checked(boolean healthy) {
        return sh("sleep 1000").healthcheck(new Healthcheck.Exec(exits(healthy ? 0 : 1))).build();
    }

    @Override
    protected final WorkloadSpec talking() {
        return sh("echo one; echo two; echo three; sleep 1000").build();
    }

    @Override
    protected final void talk(String container) {}

    @Override
    protected final WorkloadSpec labelled() {
        return new SpecBuilder(labelledImage()).command("/bin/sleep", "1000").build();
    }

    @Override
    protected final List<String> exits(int code) {
        return List.of("/bin/sh", "-c", "exit " + code);
    }
}
