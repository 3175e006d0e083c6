package io.plumbline.adapter.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseCanonical;
import io.plumbline.core.release.SpecCanonical;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.port.Ledger.Opening;
import io.plumbline.testkit.SampleReleases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The files of earlier versions open, and all of their content is read: {@code
 * e2e/upgrade/VERSION/ledger.db} and {@code access.db}, which real agents of these versions wrote.
 */
class EarlierLedgerTest {
    @TempDir Path folder;

    static Stream<String> versions() {
        return Stream.of("5f1de0e");
    }

    private void copy(String version, String name) throws IOException {
        var resource = "/io/plumbline/e2e/upgrade/" + version + "/" + name;
        try (var bytes = EarlierLedgerTest.class.getResourceAsStream(resource)) {
            Files.copy(Objects.requireNonNull(bytes, resource), folder.resolve(name));
        }
    }

    private SqliteLedger ledger() {
        return SqliteLedger.open(folder);
    }

    /** The only pipeline whose name begins so. */
    private static PipelineState state(SqliteLedger ledger, String name) {
        var found =
                ledger.pipelines().values().stream()
                        .filter(s -> s.pipeline().startsWith(name + "-"))
                        .toList();
        assertThat(found).as(name).hasSize(1);
        return found.getFirst();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void everyStateIsRead(String version) throws IOException {
        copy(version, "ledger.db");
        try (var ledger = ledger()) {
            assertThat(ledger.opening()).isEqualTo(Opening.FOUND);
            assertThat(ledger.pipelines()).hasSize(6);
            assertThat(state(ledger, "fields").line()).hasSize(4);
            assertThat(state(ledger, "line").line()).hasSize(3);
            assertThat(state(ledger, "line").quarantined()).hasSize(1);
            assertThat(state(ledger, "bad").quarantined())
                    .singleElement()
                    .extracting(q -> q.release())
                    .isEqualTo(Objects.requireNonNull(state(ledger, "bad").deployment()).release());
            var held = state(ledger, "held");
            assertThat(Objects.requireNonNull(held.hold()).reason())
                    .isEqualTo("audit of the model");
            assertThat(held.deployed()).isEqualTo(held.line().get(2));
            assertThat(Objects.requireNonNull(held.deployment()).state())
                    .isEqualTo(DeploymentState.ROLLED_BACK);
            assertThat(Objects.requireNonNull(state(ledger, "paused").paused()).reason())
                    .isEqualTo("hands off");
            assertThat(ledger.cordons().all()).hasSize(1);
            assertThat(ledger.deliveries().load()).hasSize(1);
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void everyReleaseHasTheIdThatThisVersionWouldGiveIt(String version) throws IOException {
        copy(version, "ledger.db");
        try (var ledger = ledger()) {
            var read = new ArrayList<Release>();
            for (var state : ledger.pipelines().values()) {
                var releases = ledger.releases(state.pipeline());
                assertThat(releases.stream().map(Release::id))
                        .containsAll(state.line())
                        .containsAll(state.quarantined().stream().map(q -> q.release()).toList());
                read.addAll(releases);
            }
            for (var release : read) {
                assertThat(ReleaseCanonical.releaseId(release)).isEqualTo(release.id());
                for (var service : release.services()) {
                    assertThat(SpecCanonical.specHash(service.spec()))
                            .as("%s of %s", service.name(), release.pipeline())
                            .isEqualTo(service.specHash());
                }
            }
            assertThat(read).hasSizeGreaterThanOrEqualTo(20);
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void everyReleaseIsOneOfBeforeTheRulesForTheMachineAlsoWhenItIsStoredAgain(String version)
            throws IOException {
        copy(version, "ledger.db");
        var before = new ArrayList<Release>();
        try (var ledger = ledger()) {
            for (var name : ledger.pipelines().keySet()) {
                before.addAll(ledger.releases(name));
            }
            before.forEach(r -> ledger.store(r, Map.of()));
        }
        try (var ledger = ledger()) {
            assertThat(before)
                    .hasSizeGreaterThanOrEqualTo(20)
                    .allMatch(r -> ledger.storedBeforeHostRules(r.id()));
            var own = SampleReleases.everyField("own", "v1:own");
            ledger.store(own, Map.of());
            assertThat(ledger.storedBeforeHostRules("v1:own")).isFalse();
        }
        try (var ledger = ledger()) {
            assertThat(ledger.storedBeforeHostRules("v1:own")).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void whatIsReadIsTheSameAfterItIsWrittenByThisVersion(String version) throws IOException {
        copy(version, "ledger.db");
        Map<String, PipelineState> before;
        var history = new HashMap<String, List<?>>();
        try (var ledger = ledger()) {
            before = ledger.pipelines();
            for (var state : before.values()) {
                history.put(state.pipeline(), ledger.history(state.pipeline(), 100));
                ledger.save(state, List.of());
            }
            assertThat(ledger.events(null, 0, 10_000)).hasSizeGreaterThan(200);
        }
        try (var ledger = ledger()) {
            assertThat(ledger.pipelines()).isEqualTo(before);
            for (var state : before.values()) {
                assertThat(ledger.history(state.pipeline(), 100))
                        .isEqualTo(history.get(state.pipeline()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void tokensAndAuditAreWhole(String version) throws IOException {
        copy(version, "access.db");
        try (var access = SqliteAccess.open(folder, Instant.parse("2026-12-01T00:00:00Z"))) {
            assertThat(access.setAside()).isEmpty();
            assertThat(access.all()).singleElement().extracting(t -> t.name()).isEqualTo("watch");
            assertThat(access.verify().good()).isTrue();
            assertThat(access.read(0, null, 100).stream().map(r -> r.entry().action()))
                    .contains("rollback", "pause", "tokens.create", "cordon");
        }
    }
}
