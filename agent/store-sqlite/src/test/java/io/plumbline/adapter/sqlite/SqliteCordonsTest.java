package io.plumbline.adapter.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.placement.Cordon;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators said of engines, over restarts of the agent. */
class SqliteCordonsTest {
    private static final Cordon CORDON =
            new Cordon(false, "anna", Instant.parse("2026-05-04T03:02:01Z"), "looks odd");
    private static final Cordon DRAIN =
            new Cordon(true, "bert", Instant.parse("2026-05-05T03:02:01Z"), "");

    @TempDir Path temp;

    private Map<String, Cordon> kept() {
        try (var ledger = SqliteLedger.open(temp)) {
            return ledger.cordons().all();
        }
    }

    @Test
    void theLastWordIsKeptOverRestarts() {
        assertThat(kept()).isEmpty();
        try (var ledger = SqliteLedger.open(temp)) {
            ledger.cordons().put("aws", CORDON);
            ledger.cordons().put("gcp", CORDON);
        }
        assertThat(kept()).isEqualTo(Map.of("aws", CORDON, "gcp", CORDON));
        try (var ledger = SqliteLedger.open(temp)) {
            ledger.cordons().put("aws", DRAIN);
            ledger.cordons().lift("gcp");
        }
        assertThat(kept()).isEqualTo(Map.of("aws", DRAIN));
    }
}
