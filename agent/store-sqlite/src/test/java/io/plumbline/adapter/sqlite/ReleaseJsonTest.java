package io.plumbline.adapter.sqlite;

import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseCanonical;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.manifest.EngineOrder;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Rollout;
import io.plumbline.manifest.Selector;
import io.plumbline.manifest.Strategy;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.SampleReleases;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReleaseJsonTest {
    private static Release through(Release release) {
        return ReleaseJson.read(
                release.id(), ReleaseJson.body(release), ReleaseJson.services(release, false));
    }

    @Test
    void readsBackEveryField() {
        var release = SampleReleases.everyField("p", "v1:x");

        assertThat(through(release)).isEqualTo(release);
    }

    @Test
    void readsWhatIsLeftOutAsTheDefault() {
        var release = SampleReleases.defaults("p", "v1:x");

        assertThat(through(release)).isEqualTo(release);
        assertThat(ReleaseJson.body(release)).doesNotContain("soak").doesNotContain("restart");
    }

    @Test
    void givesTheSameIdAfterReading() {
        var release = SampleReleases.everyField("p", "v1:x");

        assertThat(ReleaseCanonical.releaseId(through(release)))
                .isEqualTo(ReleaseCanonical.releaseId(release));
    }

    @Test
    void saysWhichReleaseCannotBeRead() {
        assertThatExceptionOfType(StateJson.Unreadable.class)
                .isThrownBy(() -> ReleaseJson.read("v1:x", "{\"pipe", "[]"))
                .withMessageContaining("v1:x");
        assertThatExceptionOfType(StateJson.Unreadable.class)
                .isThrownBy(
                        () -> ReleaseJson.read("v1:x", "{\"pipeline\":\"p\"}", "[[\"a\",\"h\"]]"))
                .withMessageContaining("service a is missing");
    }

    /** The golden file of the canonical form: what ledgers held before there was placement. */
    @Test
    void aReleaseThatWasStoredBeforeThereWasPlacementKeepsItsIdAndMeaning() throws IOException {
        String body = golden("release-v1.json");
        String services =
                "[[\"serve\",\"a\"],[\"plain\",\"b\"],[\"checked\",\"c\"],[\"none\",\"d\"]]";

        Release release = ReleaseJson.read("v1:x", body, services);

        assertThat(ReleaseCanonical.releaseId(release)).isEqualTo(golden("release-v1.id"));
        assertThat(release.placement()).isEqualTo(Placement.on(List.of("aws-eu", "gcp-eu")));
        assertThat(release.rollout().engines()).isNull();
        assertThat(release.rollout().atomic()).isFalse();
        assertThat(release.images().copy()).isFalse();
        assertThat(release.services()).noneMatch(ReleaseService::stateful);
    }

    @Test
    void readsBackEverySortOfTermAndAnEmptyOrder() {
        Rollout d = Rollout.DEFAULT;
        var placement =
                new Placement(
                        null,
                        Selector.parse("a in (x, y), b notin (z), c, !d"),
                        Strategy.FAILOVER,
                        3,
                        Placement.Failover.DEFAULT);
        var rollout =
                new Rollout(
                        d.soak(),
                        d.progressDeadline(),
                        d.pullDeadline(),
                        d.pruneGrace(),
                        d.onFailure(),
                        d.keep(),
                        false,
                        EngineOrder.DEFAULT,
                        false);
        Release release = Releases.placed(placement, rollout, service("web"));

        assertThat(through(release)).isEqualTo(release);
    }

    private static String golden(String name) throws IOException {
        try (var in = Release.class.getResourceAsStream(name)) {
            assertThat(in).as(name).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }
}
