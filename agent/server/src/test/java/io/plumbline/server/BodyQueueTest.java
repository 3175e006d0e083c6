package io.plumbline.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BodyQueueTest {
    private final BodyQueue engineReconcilers = new BodyQueue();
    private final List<String> read = new ArrayList<>();

    private boolean enter(String address, String name) {
        return engineReconcilers.enter(address, () -> read.add(name));
    }

    @Test
    void anAddressReadsOneAtATimeAndAllTogetherTwo() {
        for (var address : List.of("a", "b", "c")) {
            assertThat(enter(address, address + 1)).isTrue();
            assertThat(enter(address, address + 2)).isTrue();
        }
        assertThat(read).containsExactly("a1", "b1");
        engineReconcilers.leave("a");
        assertThat(read).endsWith("a2");
        engineReconcilers.leave("a");
        assertThat(read).endsWith("c1");
        engineReconcilers.leave("b");
        assertThat(read).endsWith("b2");
        engineReconcilers.leave("b");
        assertThat(read).as("c reads its first still").hasSize(5);
        engineReconcilers.leave("c");
        assertThat(read).endsWith("c2");
    }

    @Test
    void whoBringsManyLetsOthersInBetween() {
        for (int i = 1; i <= 10; i++) {
            enter("flood", "f" + i);
        }
        enter("x", "x1");
        enter("x", "x2");
        enter("y", "y1");
        assertThat(read).containsExactly("f1", "x1");
        engineReconcilers.leave("flood");
        assertThat(read).endsWith("f2");
        engineReconcilers.leave("flood");
        assertThat(read).as("it is the turn of another").endsWith("y1");
    }

    @Test
    void onlySoManyMayWait() {
        int let = 0;
        for (int i = 0; i < 100; i++) {
            let += enter("flood", "f") ? 1 : 0;
        }
        assertThat(let).isEqualTo(1 + 8);
        for (int i = 0; i < 1000; i++) {
            let += enter("address" + i, "f") ? 1 : 0;
        }
        assertThat(let).isEqualTo(2 + 32);
    }

    @Test
    void whoWaitsNoLongerIsNotCalled() {
        enter("a", "a1");
        Runnable gone = () -> read.add("gone");
        engineReconcilers.enter("a", gone);
        enter("a", "a3");
        engineReconcilers.forget("a", gone);
        engineReconcilers.leave("a");
        assertThat(read).containsExactly("a1", "a3");
    }
}
