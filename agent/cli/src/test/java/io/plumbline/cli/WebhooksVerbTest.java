package io.plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.webhook.Provider;
import io.plumbline.core.webhook.Webhook;
import io.plumbline.core.webhook.WebhookDelivery;
import io.plumbline.core.webhook.WebhookDelivery.Result;
import io.plumbline.port.Ticker;
import io.plumbline.server.AgentServer;
import io.plumbline.server.ServerSettings;
import io.plumbline.server.WebhookSettings;
import io.plumbline.testkit.FakeControl;
import io.plumbline.testkit.FakeWebhooks;
import io.plumbline.testkit.Sample;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class WebhooksVerbTest {
    private static final String TOKEN = "the-token-of-this-test";

    private final FakeWebhooks webhooks = new FakeWebhooks();
    private final Shell shell = new Shell();
    private AgentServer server;

    @BeforeEach
    void start() {
        server =
                AgentServer.start(
                        new FakeControl(),
                        new ServerSettings(
                                "127.0.0.1",
                                0,
                                TOKEN,
                                () -> "",
                                new WebhookSettings(
                                        Map.of(),
                                        Webhook.of(
                                                Provider.GITHUB,
                                                "nobody has this secret",
                                                "",
                                                Webhook.GENERIC_HEADER),
                                        webhooks,
                                        Ticker.system(),
                                        WebhookSettings.Limits.DEFAULT)));
        shell.env.put("PLUMBLINE_SERVER", "http://127.0.0.1:" + server.port());
        shell.env.put("PLUMBLINE_TOKEN", TOKEN);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static WebhookDelivery delivery(
            long number, String repository, Result result, String why) {
        return new WebhookDelivery(
                number,
                repository,
                "github",
                "push",
                "72d3162e",
                "203.0.113.7",
                Sample.AT,
                Sample.AT,
                2,
                result,
                result == Result.FOUND ? "c0ffee0123456789" : "",
                why);
    }

    @Test
    void saysWhatToDoWhereNothingCame() {
        assertThat(shell.plumb("webhooks")).isZero();
        assertThat(shell.out()).contains("no webhook has come").contains("connect-your-git-host");
    }

    @Test
    void listsWhatCameAndWhatItLedTo() {
        webhooks.deliveries =
                List.of(
                        delivery(8, "ml", Result.FOUND, ""),
                        delivery(7, "web", Result.REFUSED, "its signature is wrong"));
        assertThat(shell.plumb("webhooks")).isZero();
        assertThat(shell.out())
                .containsPattern("d8 +\\S+ \\S+ +2 +ml +203.0.113.7 +push +found +c0ffee0123\\b")
                .containsPattern("d7 .* refused +its signature is wrong");
        shell.plumb("webhooks", "ml", "-n", "5");
        assertThat(shell.out()).contains("d8").doesNotContain("d7");
        shell.plumb("webhooks", "-n", "1", "-o", "json");
        assertThat(shell.out()).contains("\"id\" : \"d8\"").doesNotContain("d7");
    }

    @Test
    void replaysAndWaits() {
        webhooks.deliveries = List.of(delivery(8, "ml", Result.FAILED, "refused"));
        assertThat(shell.plumb("webhooks", "replay", "d8")).isZero();
        assertThat(shell.out()).contains("looks again");
        assertThat(shell.plumb("webhooks", "replay", "d8", "--dry-run")).isEqualTo(Exit.DIFFERENT);
        assertThat(shell.plumb("webhooks", "replay", "d1")).isEqualTo(Exit.USAGE);
        assertThat(shell.plumb("webhooks", "replay", "d8", "--wait", "--timeout", "1m"))
                .as("the fake's replay is never over")
                .isEqualTo(Exit.TIMED_OUT);
        webhooks.deliveries =
                List.of(
                        delivery(99, "ml", Result.FOUND, ""),
                        delivery(8, "ml", Result.FAILED, "refused"));
        assertThat(shell.plumb("webhooks", "replay", "d8", "--wait")).isZero();
        assertThat(shell.out()).contains("found: the head is c0ffee0123");
        webhooks.deliveries =
                List.of(delivery(99, "ml", Result.FAILED, "no route"), webhooks.deliveries.get(1));
        assertThat(shell.plumb("webhooks", "replay", "d8", "--wait")).isEqualTo(Exit.FAILED);
        assertThat(shell.out()).contains("failed: no route");
    }

    @Test
    void helpHasExamples() {
        shell.plumb("webhooks", "--help");
        assertThat(shell.out()).contains("plumb webhooks replay d42").contains("replay");
        shell.plumb("webhooks", "replay", "--help");
        assertThat(shell.out()).contains("--wait").contains("Example");
    }
}
