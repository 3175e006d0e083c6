package io.plumbline.adapter.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseCanonical;
import io.plumbline.testkit.SampleReleases;
import org.junit.jupiter.api.Test;

class ReleaseJsonTest {
    private static Release through(Release release) {
        return ReleaseJson.read(
                release.id(), ReleaseJson.body(release), ReleaseJson.services(release));
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
}
