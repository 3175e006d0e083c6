package io.plumbline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.manifest.yaml.Words;
import java.time.Instant;
import java.util.Locale;
import java.util.StringJoiner;

/** One pipeline as {@code plumb status PIPELINE} shows it. */
final class StatusDetail {
    private static final String[] SERVICE = {
        "SERVICE",
        "ENGINE",
        "HEALTH",
        "REPLICAS",
        "PORTS",
        "IMAGE",
        "LAST CHECK",
        "RESTARTS",
        "DRIFT"
    };

    private final Surroundings around;
    private final JsonNode status;
    private final Instant now;

    StatusDetail(Surroundings around, JsonNode status) {
        this.around = around;
        this.status = status;
        this.now = around.ticker().now();
    }

    void print() {
        facts();
        services();
        engines();
        var next = StatusTexts.next(status);
        if (!next.isEmpty()) {
            around.out().println();
            around.out().println("next: " + String.join("; ", next));
        }
        around.out().flush();
    }

    private void facts() {
        var facts =
                new Table(around, Texts.orDash(status, "pipeline"), Texts.orDash(status, "state"));
        fact(facts, "reason", Texts.of(status, "reason"));
        facts.row("health", Texts.orDash(status, "health"));
        fact(facts, "because", healthReason());
        fact(facts, "silenced", acknowledged());
        var head = Texts.of(status, "head");
        var runs = Texts.of(status, "commit");
        facts.row("wants", StatusTexts.commitBy(status, head, now));
        facts.row(
                "runs",
                Texts.of(status, "release").isEmpty()
                        ? "nothing yet"
                        : (runs.equals(head) ? "the same" : StatusTexts.commitBy(status, runs, now))
                                + ", release "
                                + Texts.brief(status, "release"));
        facts.row("stable", stable());
        facts.row("back", StatusTexts.rollback(status));
        fact(facts, "paused", StatusTexts.instruction(status.path("paused"), now));
        fact(facts, "hold", StatusTexts.instruction(status.path("hold"), now));
        fact(facts, "deployment", deployment(status.path("deployment")));
        fact(facts, "signed", signed(status.path("deployment").path("verified")));
        for (var q : status.path("quarantined")) {
            facts.row("quarantined", StatusTexts.quarantine(status, q, now));
        }
        facts.row(
                "observed",
                Texts.of(status, "observedAt").isEmpty()
                        ? "not yet"
                        : StatusTexts.ago(status, "observedAt", now));
        facts.print();
    }

    private static void fact(Table facts, String name, String text) {
        if (!text.isEmpty()) {
            facts.row(name, text);
        }
    }

    /** Only where the reason of the state does not say it already. */
    private String healthReason() {
        var why = Texts.of(status, "healthReason");
        return Texts.of(status, "reason").contains(why) ? "" : why;
    }

    private String acknowledged() {
        return StatusTexts.acknowledged(status.path("healthAcknowledged"), now);
    }

    private String stable() {
        var release = Texts.of(status, "stableRelease");
        if (release.isEmpty()) {
            return "none yet";
        }
        return release.equals(Texts.of(status, "release"))
                ? "what runs"
                : Texts.brief(release)
                        + " of commit "
                        + StatusTexts.commit(status, Texts.of(status, "stableCommit"));
    }

    private String deployment(JsonNode d) {
        if (!d.isObject()) {
            return "";
        }
        var reason = Texts.deploymentReason(d);
        return Texts.orDash(d, "id")
                + " "
                + Texts.orDash(d, "state")
                + " ("
                + Texts.orDash(d, "trigger")
                + ", by "
                + Texts.orDash(d, "by")
                + ", started "
                + StatusTexts.ago(d, "startedAt", now)
                + ")"
                + (reason.isEmpty() || Texts.of(status, "reason").contains(reason)
                        ? ""
                        : ": " + reason);
    }

    private String signed(JsonNode v) {
        if (!v.isObject()) {
            return "";
        }
        return "by "
                + Texts.orDash(v, "signer")
                + ", "
                + Texts.orDash(v, "method")
                + " key "
                + Texts.orDash(v, "key")
                + ", verified "
                + StatusTexts.ago(v, "at", now);
    }

    /** A row for each service; where the terminal is too narrow for that, a few lines. */
    private void services() {
        if (status.path("services").isEmpty()) {
            return;
        }
        around.out().println();
        var table = new Table(around, SERVICE);
        for (var service : status.path("services")) {
            table.row(cells(service));
        }
        if (table.fits()) {
            table.print();
        } else {
            status.path("services").forEach(this::lines);
        }
        status.path("services").forEach(this::reason);
    }

    private String[] cells(JsonNode service) {
        var drift = new StringJoiner(", ");
        service.path("drift").forEach(d -> drift.add(Words.visible(d.asText())));
        return new String[] {
            Texts.orDash(service, "service"),
            Texts.orDash(service, "engine"),
            Texts.orDash(service, "health"),
            replicas(service),
            StatusTexts.ports(service.path("ports")),
            Texts.orDash(service, "image"),
            StatusTexts.check(service.path("lastCheck"), now),
            Texts.orDash(service, "restarts"),
            drift.length() == 0 ? "-" : drift.toString()
        };
    }

    private void lines(JsonNode service) {
        var cells = cells(service);
        var facts = new Table(around, "service", cells[0]);
        for (int i = 1; i < cells.length; i++) {
            facts.row(SERVICE[i].toLowerCase(Locale.ROOT), cells[i]);
        }
        facts.print();
    }

    /** Why it is not healthy; else what its newest check says, if that failed. */
    private void reason(JsonNode service) {
        var reason = Texts.of(service, "reason");
        var check = service.path("lastCheck");
        if (!reason.isEmpty()) {
            around.out().println(reason);
        } else if (check.isObject() && !check.path("passed").asBoolean()) {
            around.out()
                    .println(
                            Texts.of(service, "service")
                                    + ": "
                                    + Texts.of(check, "container")
                                    + ": "
                                    + Texts.of(check, "evidence"));
        }
    }

    /** Healthy of desired, and how many run where that is another number. */
    private static String replicas(JsonNode service) {
        var healthy = Texts.orDash(service, "healthy");
        var running = Texts.orDash(service, "running");
        return healthy
                + "/"
                + Texts.orDash(service, "desired")
                + (running.equals(healthy) ? "" : " (" + running + " running)");
    }

    private void engines() {
        if (status.path("engines").isEmpty()) {
            return;
        }
        around.out().println();
        var table = new Table(around, "ENGINE", "STATE", "AGE", "REASON");
        for (var e : status.path("engines")) {
            table.row(
                    Texts.orDash(e, "engine"),
                    Texts.orDash(e, "state"),
                    Texts.age(e, "observedAt", now),
                    Texts.of(e, "reason"));
        }
        table.print();
    }
}
