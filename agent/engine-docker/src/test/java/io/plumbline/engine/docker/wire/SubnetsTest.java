package io.plumbline.engine.docker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.port.PlumblineException;
import java.util.List;
import org.junit.jupiter.api.Test;

class SubnetsTest {
    @Test
    void cutsARangeIntoNetworksOf64() {
        assertThat(Subnets.free("10.213.0.0/24", List.of()))
                .containsExactly(
                        "10.213.0.0/26", "10.213.0.64/26", "10.213.0.128/26", "10.213.0.192/26");
        assertThat(Subnets.free("10.213.0.0/16", List.of())).hasSize(1024);
        assertThat(Subnets.free("192.168.1.64/26", List.of())).containsExactly("192.168.1.64/26");
    }

    @Test
    void leavesOutWhatOverlapsWithAnythingThere() {
        assertThat(
                        Subnets.free(
                                "10.213.0.0/24",
                                List.of("10.213.0.70/32", "10.213.0.128/25", "fd00::/64", "x")))
                .containsExactly("10.213.0.0/26");
        assertThat(Subnets.free("10.213.0.0/24", List.of("10.0.0.0/8"))).isEmpty();
        assertThat(Subnets.free("10.213.0.0/26", List.of("172.17.0.0/16"))).hasSize(1);
    }

    @Test
    void hostBitsOfARangeDoNotMatter() {
        assertThat(Subnets.free("10.213.0.77/25", List.of()))
                .containsExactly("10.213.0.0/26", "10.213.0.64/26");
    }

    @Test
    void refusesWhatIsNoRange() {
        for (String wrong : List.of("10.0.0.0/27", "10.0.0.0", "10.0.0.256/16", "fd00::/16", "")) {
            assertThatThrownBy(() -> Subnets.free(wrong, List.of()))
                    .as(wrong)
                    .isInstanceOf(PlumblineException.class)
                    .hasMessageContaining("/26");
        }
    }
}
