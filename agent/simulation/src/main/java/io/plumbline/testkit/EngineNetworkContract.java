package io.plumbline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.Names;
import io.plumbline.engine.docker.api.EngineClient.NewContainer;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;
import io.plumbline.engine.docker.live.RunState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What every {@link EngineClient} must do with networks: endpoints, addresses, names, ports. */
public abstract class EngineNetworkContract extends EngineFieldsContract {
    @Test
    void aNewContainerIsOnItsNetworkWithoutAlias() {
        String id = make("web", sleeper());
        LiveContainer.Attachment bare = new LiveContainer.Attachment(network(), new TreeSet<>());
        assertThat(live(id).networks()).containsExactly(Map.entry("net-" + run, bare));
        engine().start(id);
        assertThat(live(id).networks()).containsOnlyKeys("net-" + run);
        assertThat(attachment(id).networkId()).isEqualTo(network());
        assertThat(attachment(id).aliases()).isEmpty();
    }

    @Test
    void whatRunsHasAnEndpointAnAddressAndItsPublishedPorts() {
        int port = freePorts();
        String id = make("web", with(sleeper(), port, port + 1));
        assertThat(attachment(id).connected()).isFalse();
        assertThat(live(id).published()).isEmpty();
        engine().start(id);
        assertThat(attachment(id).connected()).isTrue();
        assertThat(attachment(id).address()).matches("[0-9]+([.][0-9]+){3}");
        assertThat(live(id).published())
                .isNotEmpty()
                .allSatisfy(
                        p -> {
                            assertThat(p.container()).isEqualTo(8080);
                            assertThat(p.protocol()).isEqualTo("tcp");
                            assertThat(Integer.parseInt(p.host())).isBetween(port, port + 1);
                        });
        engine().disconnect(id, network());
        assertThat(live(id).published()).isEmpty();
        // The process that served the port may end a moment after the engine has answered.
        Patience.await()
                .untilAsserted(
                        () ->
                                assertThatNoException()
                                        .isThrownBy(
                                                () -> engine().connect(id, network(), List.of())));
        assertThat(attachment(id).connected()).isTrue();
        assertThat(live(id).published()).isNotEmpty();
        engine().stop(id, Duration.ZERO);
        assertThat(attachment(id).connected()).isFalse();
        assertThat(live(id).published()).isEmpty();
    }

    @Test
    void connectGivesExactlyTheAliasesWhetherItRunsOrNot() {
        String id = started("web", sleeper());
        for (boolean running : List.of(true, false)) {
            if (!running) {
                engine().stop(id, Duration.ZERO);
            }
            for (List<String> aliases :
                    List.of(
                            List.of("web"),
                            List.of("web"),
                            List.of("api", "web"),
                            List.<String>of())) {
                engine().connect(id, network(), aliases);
                assertThat(attachment(id).networkId()).isEqualTo(network());
                assertThat(attachment(id).aliases())
                        .as("%s, running: %s", aliases, running)
                        .containsExactlyElementsOf(aliases);
                assertThat(attachment(id).connected()).isEqualTo(running);
            }
        }
        engine().connect(id, network(), List.of("web"));
        engine().start(id);
        assertThat(attachment(id).aliases()).containsExactly("web");
    }

    @Test
    void takingUpANameChangesNeitherAddressNorPublishedPortsNorTheBaseEndpoint() {
        int port = freePorts();
        String base = engine().createNetwork("a-base-" + run, owner());
        String id = engine().create(twoNetworks("web", with(sleeper(), port, port + 3), base));
        assertThat(live(id).state()).isEqualTo(RunState.CREATED);
        assertThat(attachment(id).aliases()).containsExactly("first");
        engine().start(id);
        LiveContainer before = live(id);
        assertThat(before.networks()).containsOnlyKeys("a-base-" + run, "net-" + run);
        assertThat(before.published()).isNotEmpty();
        for (List<String> aliases : List.of(List.of("web"), List.<String>of())) {
            engine().connect(id, network(), aliases);
            LiveContainer after = live(id);
            assertThat(attachment(id).aliases()).containsExactlyElementsOf(aliases);
            assertThat(attachment(id).connected()).isTrue();
            assertThat(attachment(id).address())
                    .isEqualTo(
                            Objects.requireNonNull(before.networks().get("net-" + run)).address());
            assertThat(after.networks().get("a-base-" + run))
                    .isEqualTo(before.networks().get("a-base-" + run));
            assertThat(after.published()).isEqualTo(before.published());
        }
        engine().disconnect(id, network());
        assertThat(live(id).published()).isEqualTo(before.published());
        engine().connect(id, network(), List.of("web"));
        assertThat(attachment(id).connected()).isTrue();
        engine().stop(id, Duration.ZERO);
        engine().start(id);
        assertThat(attachment(id).aliases()).containsExactly("web");
        assertThat(live(id).published()).isNotEmpty();
    }

    @Test
    void anAddressThatAnotherHasMeanwhileIsNoObstacleToAStart() {
        String base = engine().createNetwork("a-base-" + run, owner());
        String kept = engine().create(twoNetworks("kept", sleeper(), base));
        engine().start(kept);
        engine().stop(kept, Duration.ZERO);
        for (int i = 0; i < 3; i++) {
            engine().start(engine().create(twoNetworks("other" + i, sleeper(), base)));
        }
        engine().start(kept);
        assertThat(attachment(kept).connected()).isTrue();
        assertThat(
                        engine().list(agent()).stream()
                                .map(row -> attachment(row.id()).address())
                                .distinct())
                .hasSize(4);
    }

    /** One on a base network, with a name on the network of the tests. */
    protected final NewContainer twoNetworks(String name, WorkloadSpec spec, String base) {
        return new NewContainer(
                name + "-" + run,
                spec,
                owner(),
                base,
                new Names(network(), List.of("first")),
                Map.of(),
                Map.of());
    }

    @Test
    void disconnectTwiceIsNoError() {
        String id = started("web", sleeper());
        engine().disconnect(id, network());
        assertThat(live(id).networks()).doesNotContainKey("net-" + run);
        engine().disconnect(id, network());
        engine().connect(id, network(), List.of("web"));
        assertThat(live(id).networks()).containsKey("net-" + run);
    }

    @Test
    void aStoppedContainerWhoseNetworkWasMadeAnewIsMendedByConnect() {
        String id = started("web", sleeper());
        engine().stop(id, Duration.ZERO);
        engine().removeNetwork(network());
        engine().removeNetwork(network());
        fails(FailureKind.MISSING, () -> engine().start(id));
        String again = engine().createNetwork("net-" + run, owner());
        engine().disconnect(id, network());
        assertThat(live(id).networks()).isEmpty();
        engine().connect(id, again, List.of("web"));
        engine().start(id);
        assertThat(attachment(id).networkId()).isEqualTo(again);
    }

    @Test
    void aNetworkIsMadeOnceAndAnothersIsRefused() {
        assertThat(engine().createNetwork("net-" + run, owner())).isEqualTo(network());
        assertThat(engine().networks())
                .filteredOn(n -> n.name().equals("net-" + run))
                .singleElement()
                .satisfies(
                        n -> {
                            assertThat(n.id()).isEqualTo(network());
                            assertThat(n.labels()).containsAllEntriesOf(owner());
                        });
        fails(
                FailureKind.CONFLICT,
                () ->
                        engine().createNetwork(
                                        "net-" + run, new TreeMap<>(Map.of(Labels.AGENT, "x"))));
    }

    @Test
    void aNetworkInUseIsNotRemoved() {
        started("web", sleeper());
        fails(FailureKind.CONFLICT, () -> engine().removeNetwork(network()));
    }
}
