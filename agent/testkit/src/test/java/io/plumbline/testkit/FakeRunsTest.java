package io.plumbline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.plumbline.api.Run;
import io.plumbline.port.Ledger;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The fake keeps the contract. */
class FakeRunsTest extends RunLedgerContract {
    @Override
    protected Ledger open() {
        return new FakeLedger();
    }

    @Override
    protected Ledger reopen(Ledger closed) {
        return closed;
    }

    @Test
    void writesNothingWhenTheHookThrows() {
        var ledger = new FakeLedger();
        ledger.runs().save(run("a", 1, Run.FAILED, null));
        ledger.beforeEachWrite(
                () -> {
                    throw new IllegalStateException("crash");
                });
        assertThatIllegalStateException()
                .isThrownBy(() -> ledger.runs().save(run("a", 2, Run.FAILED, null)));
        assertThatIllegalStateException().isThrownBy(() -> ledger.runs().trim("a", 0, Set.of()));
        assertThat(ledger.runs().last("a")).isEqualTo(1);
    }
}
