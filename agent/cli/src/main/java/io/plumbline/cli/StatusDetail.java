package io.plumbline.cli;

import io.plumbline.api.Deployment;
import io.plumbline.api.Status;
import java.time.Instant;
import java.util.Comparator;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The text of {@code plumb status PIPELINE}. */
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

    private static final int MOST_QUARANTINES = 3;

    private final CliContext around;
    private final Status status;
    private final Instant now;

    StatusDetail(CliContext around, Status status) {
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
                new Table(around, Texts.orDash(status.pipeline()), Texts.orDash(status.state()));
        fact(facts, "reason", status.reason());
        facts.row("health", Texts.orDash(status.health()));
        fact(facts, "because", healthReason());
        fact(facts, "silenced", StatusTexts.acknowledged(status, now));
        var head = status.head();
        var runs = status.commit();
        facts.row("wants", StatusTexts.commitBy(status, head, now));
        facts.row(
                "runs",
                status.release() == null
                        ? "nothing yet"
                        : (Objects.equals(runs, head)
                                        ? "the same"
                                        : StatusTexts.commitBy(status, runs, now))
                                + ", release "
                                + Texts.brief(status.release()));
        facts.row("stable", stable());
        facts.row("back", StatusTexts.rollback(status));
        fact(facts, "paused", StatusTexts.instruction(status.paused(), now));
        fact(facts, "hold", StatusTexts.instruction(status.hold(), now));
        var deployment = status.deployment();
        if (deployment != null) {
            facts.row("deployment", deployment(deployment));
            fact(facts, "stage", stage(deployment));
            fact(facts, "signed", signed(deployment.verified()));
        }
        fact(facts, "clean-up", status.cleanUp());
        quarantines(facts);
        facts.row(
                "observed",
                status.observedAt() == null
                        ? "not yet"
                        : StatusTexts.ago(status.observedAt(), now));
        facts.print();
    }

    /** Shows the newest quarantines, and how many there are besides. */
    private void quarantines(Table facts) {
        var all =
                status.quarantined().stream()
                        .sorted(Comparator.comparing(Status.Quarantined::at).reversed())
                        .toList();
        all.stream()
                .limit(MOST_QUARANTINES)
                .forEach(q -> facts.row("quarantined", StatusTexts.quarantine(status, q, now)));
        if (all.size() > MOST_QUARANTINES) {
            facts.row("quarantined", "+" + (all.size() - MOST_QUARANTINES) + " more");
        }
    }

    private static void fact(Table facts, String name, String text) {
        if (!text.isEmpty()) {
            facts.row(name, text);
        }
    }

    /** Returns the reason of the health; empty if the reason of the state contains it. */
    private String healthReason() {
        var why = status.healthReason();
        return status.reason().contains(why) ? "" : why;
    }

    private String stable() {
        var release = status.stableRelease();
        if (release == null) {
            return "none yet";
        }
        return release.equals(status.release())
                ? "what runs"
                : Texts.brief(release)
                        + " of commit "
                        + StatusTexts.commit(status, status.stableCommit());
    }

    private String deployment(Deployment d) {
        var reason = Texts.deploymentReason(d);
        return d.id()
                + " "
                + d.state()
                + " ("
                + d.trigger()
                + ", by "
                + d.by()
                + ", started "
                + StatusTexts.ago(d.startedAt(), now)
                + ")"
                + (reason.isEmpty() || status.reason().contains(reason) ? "" : ": " + reason);
    }

    /** Returns the stage of a deployment under way, its place among all, and what it waits for. */
    private String stage(Deployment d) {
        var all = d.stages();
        var now = d.stage();
        if (all == null || now == null || !d.active()) {
            return "";
        }
        boolean said = now.detail().isEmpty() || status.reason().contains(now.detail());
        return now.stage()
                + ", "
                + (all.indexOf(now) + 1)
                + " of "
                + all.size()
                + (said ? "" : ": " + now.detail());
    }

    private String signed(Deployment.@Nullable Verified v) {
        return v == null
                ? ""
                : "by "
                        + v.signer()
                        + ", "
                        + v.method()
                        + " key "
                        + v.key()
                        + ", verified "
                        + StatusTexts.ago(v.at(), now);
    }

    /** Prints a row for each service, or several lines if the terminal is too narrow. */
    private void services() {
        if (status.services().isEmpty()) {
            return;
        }
        around.out().println();
        var table = new Table(around, SERVICE);
        for (var service : status.services()) {
            table.row(cells(service));
        }
        if (table.fits()) {
            table.print();
        } else {
            status.services().forEach(this::lines);
        }
        status.services().forEach(this::reason);
    }

    private String[] cells(Status.ServiceState service) {
        return new String[] {
            Texts.orDash(service.service()),
            Texts.orDash(service.engine()),
            Texts.orDash(service.health()),
            replicas(service),
            StatusTexts.ports(service.ports()),
            Texts.orDash(service.image()),
            StatusTexts.check(service.lastCheck(), now),
            String.valueOf(service.restarts()),
            Texts.orDash(String.join(", ", service.drift()))
        };
    }

    private void lines(Status.ServiceState service) {
        var cells = cells(service);
        var facts = new Table(around, "service", cells[0]);
        for (int i = 1; i < cells.length; i++) {
            facts.row(SERVICE[i].toLowerCase(Locale.ROOT), cells[i]);
        }
        facts.print();
    }

    /**
     * Prints why a service is not healthy, unless the facts contain it, or else the result of its
     * newest check if that failed.
     */
    private void reason(Status.ServiceState service) {
        var check = service.lastCheck();
        if (!service.reason().isEmpty()) {
            if (!status.reason().contains(service.reason())
                    && !status.healthReason().contains(service.reason())) {
                around.out().println(service.reason());
            }
        } else if (check != null && !check.passed()) {
            around.out()
                    .println(
                            service.service() + ": " + check.container() + ": " + check.evidence());
        }
    }

    /** Returns healthy of desired replicas, and the number of running ones if it differs. */
    private static String replicas(Status.ServiceState s) {
        return s.healthy()
                + "/"
                + s.desired()
                + (s.running() == s.healthy() ? "" : " (" + s.running() + " running)");
    }

    private void engines() {
        if (status.engines().isEmpty()) {
            return;
        }
        around.out().println();
        var table = new Table(around, "ENGINE", "STATE", "AGE", "REASON");
        for (var e : status.engines()) {
            table.row(
                    Texts.orDash(e.engine()),
                    Texts.orDash(e.state()),
                    Texts.age(e.observedAt(), now),
                    e.reason());
        }
        table.print();
    }
}
