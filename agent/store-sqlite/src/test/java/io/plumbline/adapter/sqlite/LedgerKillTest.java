package io.plumbline.adapter.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.port.Ledger.Opening;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills a writing process and looks whether all that was acknowledged is there, and whole. */
class LedgerKillTest {
    private static final int ROUNDS = 3;
    private static final int MOST_WRITES = 120;

    @TempDir Path temp;

    @Test
    void keepsEveryAcknowledgedWriteWhenTheProcessIsKilled() throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        long last = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long acknowledged = writeUntilKilled(1 + random.nextInt(MOST_WRITES));
            assertThat(acknowledged).as("seed %s", seed).isGreaterThan(last);
            last = look(acknowledged, "seed " + seed + ", round " + round);
        }
    }

    private long writeUntilKilled(int writes) throws IOException, InterruptedException {
        var process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                LedgerWriter.class.getName(),
                                temp.toString())
                        .redirectErrorStream(true)
                        .start();
        long acknowledged = 0;
        var said = new ArrayList<String>();
        try (BufferedReader lines = process.inputReader()) {
            String line = lines.readLine();
            for (int i = 0; line != null && i < writes; line = lines.readLine()) {
                said.add(line);
                if (line.matches("[0-9]+")) {
                    acknowledged = Long.parseLong(line);
                    i++;
                }
            }
            // Not by the process itself: that would close its output as well.
            process.toHandle().destroyForcibly();
            // What it said before it died counts too.
            while ((line = lines.readLine()) != null) {
                if (line.matches("[0-9]+")) {
                    acknowledged = Long.parseLong(line);
                }
            }
        }
        process.waitFor();
        assertThat(acknowledged).as("the writer said %s", said).isPositive();
        return acknowledged;
    }

    private long look(long acknowledged, String hint) {
        try (var ledger = SqliteLedger.open(temp)) {
            assertThat(ledger.opening()).as(hint).isEqualTo(Opening.FOUND);
            var state = Objects.requireNonNull(ledger.pipelines().get("p"));
            String deployed = String.valueOf(state.deployed());
            long n = Long.parseLong(deployed.substring("v1:r".length()));
            assertThat(n).as(hint).isBetween(acknowledged, acknowledged + 1);
            assertThat(ledger.release("p", deployed)).as(hint).isPresent();
            List<String> types = ledger.lastEvents("p", 2).stream().map(e -> e.type()).toList();
            assertThat(types).as(hint).containsExactly("Begin" + n, "End" + n);
            long next = ledger.nextNumber();
            assertThat(next).as(hint).isGreaterThan(n);
            return next;
        }
    }
}
