package io.plumbline.core.release;

import static io.plumbline.testkit.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.placement.Assignment;
import io.plumbline.testkit.Releases;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReleaseTest {
    private final Release release =
            Releases.release("shop", service("web").replicas(2), service("db"));

    /** So an order for the same release equals the one before at the first look. */
    @Test
    void thePartWithAllReplicasIsTheReleaseItself() {
        assertThat(Assignment.everywhere(release, List.of("aws")).slice(release, "aws"))
                .isSameAs(release);
    }

    @Test
    void anotherNumberOfReplicasIsAnotherPartOfTheSameId() {
        var nothing = Assignment.EMPTY.slice(release, "aws");
        assertThat(nothing.services()).extracting(ReleaseService::replicas).containsOnly(0);
        assertThat(nothing).isNotEqualTo(release);
        assertThat(nothing.id()).isEqualTo(release.id());
        assertThat(nothing.withServices(release.services())).isEqualTo(release);
    }
}
