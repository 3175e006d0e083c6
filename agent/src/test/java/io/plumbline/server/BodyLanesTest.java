package io.plumbline.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BodyLanesTest {
    private final BodyLanes lanes = new BodyLanes();
    private final List<String> read = new ArrayList<>();

    private boolean enter(String address, String name) {
        return lanes.enter(address, () -> read.add(name));
    }

    @Test
    void anAddressReadsTwoAtOnceAndAllTogetherFour() {
        for (var address : List.of("a", "b", "c")) {
            for (int i = 1; i <= 3; i++) {
                assertThat(enter(address, address + i)).isTrue();
            }
        }
        assertThat(read).containsExactly("a1", "a2", "b1", "b2");
        lanes.leave("a");
        assertThat(read).endsWith("a3");
        lanes.leave("b");
        assertThat(read).endsWith("b3");
        lanes.leave("a");
        lanes.leave("a");
        assertThat(read).endsWith("c1", "c2").hasSize(8);
    }

    @Test
    void whoBringsManyLetsOthersInBetween() {
        for (int i = 1; i <= 10; i++) {
            enter("flood", "f" + i);
        }
        enter("x", "x1");
        enter("x", "x2");
        enter("x", "x3");
        enter("y", "y1");
        assertThat(read).containsExactly("f1", "f2", "x1", "x2");
        lanes.leave("x");
        lanes.leave("x");
        assertThat(read).endsWith("x3", "y1");
    }

    @Test
    void onlySoManyMayWait() {
        int let = 0;
        for (int i = 0; i < 100; i++) {
            let += enter("flood", "f") ? 1 : 0;
        }
        assertThat(let).isEqualTo(2 + 64);
        for (int i = 0; i < 1000; i++) {
            let += enter("address" + i, "f") ? 1 : 0;
        }
        assertThat(let).isEqualTo(4 + 256);
    }

    @Test
    void whoWaitsNoLongerIsNotCalled() {
        enter("a", "a1");
        enter("a", "a2");
        Runnable gone = () -> read.add("gone");
        lanes.enter("a", gone);
        enter("a", "a4");
        lanes.forget("a", gone);
        lanes.leave("a");
        assertThat(read).containsExactly("a1", "a2", "a4");
    }
}
