package io.plumbline.adapter.sqlite;

import io.plumbline.core.rollout.PipelineState;
import io.plumbline.testkit.LedgerContract;
import io.plumbline.testkit.SampleReleases;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A process of its own that writes until it is killed, and says what it was told is written. */
final class LedgerWriter {
    private LedgerWriter() {}

    /** Argument: the state folder. */
    public static void main(String[] arguments) {
        try (var ledger = SqliteLedger.open(Path.of(arguments[0]))) {
            System.out.println("open " + ledger.opening());
            while (true) {
                long n = ledger.nextNumber();
                String id = "v1:r" + n;
                ledger.store(SampleReleases.everyField("p", id), Map.of());
                ledger.save(
                        PipelineState.fresh("p", "ml").with(s -> s.deployed = id),
                        List.of(
                                LedgerContract.event("p", "Begin" + n),
                                LedgerContract.event("p", "End" + n)));
                System.out.println(n);
                System.out.flush();
            }
        }
    }
}
