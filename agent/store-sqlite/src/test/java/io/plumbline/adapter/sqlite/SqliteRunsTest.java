package io.plumbline.adapter.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.api.Artifact;
import io.plumbline.api.GateResult;
import io.plumbline.api.Run;
import io.plumbline.api.StepRun;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs, over restarts of the agent. */
class SqliteRunsTest {
    private static final Instant AT = Instant.parse("2026-05-04T03:02:01Z");

    @TempDir Path temp;

    private static Run run(long number, String state, @Nullable String release, StepRun step) {
        return new Run(
                number,
                "shop",
                "v1:s",
                "c1",
                "git",
                "ann",
                state,
                "",
                release,
                AT,
                null,
                List.of(step),
                List.of(new GateResult("metric auc", true, "", 0.9)));
    }

    private static StepRun made(@Nullable Long cachedFrom) {
        return new StepRun(
                "train",
                StepRun.SUCCEEDED,
                "",
                "sha256:k",
                Map.of("image", "1"),
                cachedFrom,
                1,
                1,
                1,
                "local",
                0,
                AT,
                AT,
                List.of(new Artifact("model", "model", "sha256:m", true, 7, 2)),
                "sha256:l");
    }

    @Test
    void keepsARunThatHasNotMadeAReleaseYet() {
        var begun = run(1, Run.RUNNING, null, StepRun.waiting("train"));
        try (var ledger = SqliteLedger.open(temp)) {
            assertThat(ledger.runs().last("shop")).isZero();
            ledger.runs().save(begun);
        }
        try (var ledger = SqliteLedger.open(temp)) {
            assertThat(ledger.runs().newest("shop", 5)).containsExactly(begun);
            assertThat(ledger.runs().last("shop")).isEqualTo(1);
        }
    }

    @Test
    void findsRunsByTheKeyOfAStepThatRanAndByTheirRelease() {
        var first = run(1, Run.SUCCEEDED, "v1:a", made(null));
        var second = run(2, Run.SUCCEEDED, "v1:b", made(1L));
        try (var ledger = SqliteLedger.open(temp)) {
            ledger.runs().save(first);
            ledger.runs().save(second);
            assertThat(ledger.runs().ofKey("shop", "sha256:k")).contains(first);
            assertThat(ledger.runs().ofRelease("shop", "v1:b")).contains(second);
            assertThat(ledger.runs().ofRelease("shop", "v1:c")).isEmpty();
        }
    }

    @Test
    void keepsOldRunsOnlyForTheirReleases() {
        try (var ledger = SqliteLedger.open(temp)) {
            for (long n = 1; n <= 4; n++) {
                ledger.runs().save(run(n, Run.SUCCEEDED, "v1:" + n, made(null)));
            }
            ledger.runs().trim("shop", 1, Set.of("v1:2"));
            assertThat(ledger.runs().newest("shop", 9))
                    .extracting(Run::number)
                    .containsExactly(4L, 2L);
        }
    }
}
