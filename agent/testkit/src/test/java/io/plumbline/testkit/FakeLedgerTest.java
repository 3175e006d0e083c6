package io.plumbline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.plumbline.port.Ledger;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The fake keeps the contract. */
class FakeLedgerTest extends LedgerContract {
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
        ledger.beforeEachWrite(
                () -> {
                    throw new IllegalStateException("crash");
                });

        assertThatIllegalStateException()
                .isThrownBy(() -> ledger.append(List.of(event("a", "One"))));
        assertThat(ledger.events(null, 0, 10)).isEmpty();
    }
}
