package io.plumbline.core.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.status.PipelineStatus.EngineStatus;
import io.plumbline.core.status.PipelineStatus.SyncState;
import io.plumbline.testkit.Sample;
import io.plumbline.testkit.SampleReleases;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The reason of a pipeline that is blocked for several reasons. */
class BlockedReasonTest {
    private static final String PING = "ping on engine local: no answer within 5s";

    @Test
    void anEnginesErrorIsThereOnce() {
        var site =
                new Site(
                        new EngineStatus("local", false, PING, Sample.AT),
                        false,
                        SampleReleases.defaults("shop", "v1:ab"),
                        null);
        var status =
                StatusOf.of(
                        new StatusOf.Facts(
                                PipelineState.fresh("shop", "ml"),
                                new Head.Unseen(""),
                                List.of(site),
                                List.of(),
                                null,
                                "local: " + PING,
                                "",
                                "",
                                "",
                                null,
                                _ -> ""));
        assertThat(status.state()).isEqualTo(SyncState.BLOCKED);
        assertThat(status.reason()).isEqualTo("local: " + PING);
    }
}
