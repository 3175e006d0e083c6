package io.plumbline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.port.PlumblineException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;

/** An engine under a contract's test: what its containers do is said by a subclass. */
public abstract class EngineFixture {
    /** Unique to a test, so that several may share an engine. */
    protected final String run =
            "t" + Long.toHexString(ThreadLocalRandom.current().nextLong(1L << 32, 1L << 40));

    private String networkId = "";

    /** The engine under test. */
    protected abstract EngineClient engine();

    /** A container that runs until it is stopped. */
    protected abstract WorkloadSpec sleeper();

    /** The image of {@link #sleeper()}, whose ENV has {@code FROM_IMAGE=1}. */
    protected abstract ImageRef image();

    /** A container whose program is not in its image. */
    protected abstract WorkloadSpec broken();

    /** A container that ends with that code at once; its policy is {@code no}. */
    protected abstract WorkloadSpec ending(int code);

    /** A container whose exec check says that. */
    protected abstract WorkloadSpec checked(boolean healthy);

    /** A container that logs the lines {@code one}, {@code two}, {@code three} and runs on. */
    protected abstract WorkloadSpec talking();

    /** Called when the container of {@link #talking()} was started. */
    protected abstract void talk(String container);

    /** A container of an image with a label {@code plumbline.pipeline}. */
    protected abstract WorkloadSpec labelled();

    /** A command that returns that code by exec in a {@link #sleeper()}. */
    protected abstract List<String> exits(int code);

    /** Freezes a container behind the adapter's back. */
    protected abstract void pause(String containerId);

    /** A host port that is free, with nine free ones behind it. */
    protected abstract int freePorts();

    /** The agent that the test's containers belong to. */
    protected final String agent() {
        return "agent-" + run;
    }

    @BeforeEach
    void makeNetwork() {
        networkId = engine().createNetwork("net-" + run, owner());
    }

    /** The labels of what the test makes. */
    protected final SortedMap<String, String> owner() {
        return new TreeMap<>(Map.of(Labels.AGENT, agent(), Labels.PIPELINE, run));
    }

    /** A container of this test. */
    protected final NewContainer container(String name, WorkloadSpec spec) {
        return new NewContainer(name + "-" + run, spec, owner(), networkId, Map.of(), Map.of());
    }

    /** Makes one. */
    protected final String make(String name, WorkloadSpec spec) {
        return engine().create(container(name, spec));
    }

    /** Makes and starts one. */
    protected final String started(String name, WorkloadSpec spec) {
        String id = make(name, spec);
        engine().start(id);
        return id;
    }

    /** Inspects what must be there. */
    protected final LiveContainer live(String id) {
        return engine().inspect(id).orElseThrow();
    }

    /** How it hangs on the test's network. */
    protected final LiveContainer.Attachment attachment(String id) {
        return Optional.ofNullable(live(id).networks().get("net-" + run)).orElseThrow();
    }

    /** The test's network. */
    protected final String network() {
        return networkId;
    }

    /** Expects a failure of a kind. */
    protected static void fails(FailureKind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind));
    }
}
