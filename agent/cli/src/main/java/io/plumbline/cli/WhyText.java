package io.plumbline.cli;

import io.plumbline.api.Event;
import io.plumbline.api.Status;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The text of {@code plumb why}: first what runs and why, then the decisive events in their order,
 * then the next commands.
 */
final class WhyText {
    private static final int MOST_EVENTS = 10;

    /** Types of events about single steps of the agent, which are left out. */
    private static final Set<String> STEPS =
            Set.of(
                    "Action",
                    "Healthy",
                    "DeploymentPlanning",
                    "DeploymentApplying",
                    "DeploymentVerifying",
                    "StoredReleaseExempt");

    /** Types of events about attempts, each of which has a reason of its own. */
    private static final Set<String> ATTEMPTS =
            Set.of("TryingAgain", "DeploymentRetried", "DeploymentPostponed", "HealthRestart");

    private final CliContext around;
    private final Status status;
    private final List<Event> events;
    private final @Nullable String service;
    private final Instant now;

    /**
     * Creates a text about a pipeline or one of its services.
     *
     * @param status of the pipeline
     * @param events the events with a reason, oldest first
     * @param service null for the whole pipeline
     */
    WhyText(CliContext around, Status status, List<Event> events, @Nullable String service) {
        this.around = around;
        this.status = status;
        this.events = events;
        this.service = service;
        this.now = around.ticker().now();
    }

    void print() {
        sentences().forEach(s -> around.out().println(Texts.withBriefReleases(s)));
        var decisive = decisive();
        if (!decisive.isEmpty()) {
            around.out().println();
            var table = new Table(around, "AT", "DEPLOYMENT", "SERVICE", "ENGINE", "TYPE", "WHAT");
            for (var group : decisive) {
                var e = group.newest();
                var times = group.times() == 1 ? "" : " (" + group.times() + " times)";
                table.row(
                        Texts.time(e.at()),
                        Texts.orDash(e.deployment()),
                        Texts.orDash(e.service()),
                        Texts.orDash(e.engine()),
                        Texts.orDash(e.type()) + times,
                        ReadVerbs.what(e));
            }
            table.print();
        }
        around.out().println();
        var next = StatusTexts.afterWhy(status);
        if (!next.isEmpty()) {
            around.out().println("next: " + String.join("; ", next));
        }
        around.out().println("all events: plumb events " + name());
        around.out().flush();
    }

    private String name() {
        return status.pipeline();
    }

    private List<String> sentences() {
        var all = new ArrayList<String>();
        all.add(state());
        for (var s : status.services()) {
            boolean asked = service != null && s.service().equals(service);
            boolean unwell = !s.health().equals("Healthy");
            if (asked || (service == null && unwell)) {
                all.add(health(s));
            }
        }
        var ack = StatusTexts.acknowledged(status, now);
        if (!ack.isEmpty()) {
            all.add("An operator acknowledged the outage of " + ack + ".");
        }
        if (status.hold() != null) {
            all.add(
                    "It is held "
                            + StatusTexts.instruction(status.hold(), now)
                            + ". It follows Git again after plumb resume "
                            + name()
                            + ".");
        }
        return all;
    }

    /** Returns a sentence about what runs, compared with Git, and why. */
    private String state() {
        var head = StatusTexts.commit(status, status.head());
        var runs = StatusTexts.commit(status, status.commit());
        var reason = status.reason();
        var because = reason.isEmpty() ? "." : ": " + stopped(reason);
        return switch (status.state()) {
            case "Synced" ->
                    name() + " runs what Git describes, commit " + runs + "." + also(reason);
            case "Reverted" ->
                    name()
                            + " runs "
                            + runs
                            + ", not the head "
                            + head
                            + (StatusTexts.failedEarlier(status) ? "" : ", which failed")
                            + because;
            case "RolledBack" ->
                    name()
                            + " runs "
                            + runs
                            + ", not the head "
                            + head
                            + ", after a rollback"
                            + because;
            case "Blocked" ->
                    StatusTexts.leftGit(status)
                            ? stopped(reason)
                            : name()
                                    + " does not deploy the head "
                                    + head
                                    + because
                                    + (status.release() == null
                                            ? ""
                                            : " What runs stays: " + runs + ".");
            case "Failed" -> name() + " has failed at " + head + because;
            case "Paused" ->
                    name()
                            + " is paused "
                            + StatusTexts.instruction(status.paused(), now)
                            + ". The agent changes nothing in it; it runs "
                            + runs
                            + ".";
            case "Progressing" -> name() + " is being led to " + head + because;
            case "Drifted" -> name() + " differs from commit " + runs + because;
            case "Contested" -> name() + " is changed by something else again and again" + because;
            default -> "The state of " + name() + " is not known" + because;
        };
    }

    private static String also(String reason) {
        return reason.isEmpty() ? "" : " " + stopped(reason);
    }

    /** Returns the sentence with a full stop at its end. */
    private static String stopped(String sentence) {
        return sentence.endsWith(".") ? sentence : sentence + ".";
    }

    private String health(Status.ServiceState s) {
        return "Service "
                + s.service()
                + " on engine "
                + s.engine()
                + " is "
                + s.health()
                + ": "
                + s.healthy()
                + " of "
                + s.desired()
                + " replicas healthy, "
                + s.restarts()
                + (s.restarts() == 1 ? " restart." : " restarts.")
                + (status.reason().contains(s.reason()) ? "" : also(s.reason()));
    }

    /**
     * An event that stands for all of its kind.
     *
     * @param times how often it happened
     */
    private record Group(Event newest, int times) {}

    /**
     * Returns the newest decisive events since the last stable state. Repeated ones are one group.
     */
    private List<Group> decisive() {
        var found = new ArrayList<Group>();
        for (var e : events.subList(begin(), events.size())) {
            var type = e.type();
            // Placement is shown only for a single service.
            boolean step = STEPS.contains(type) || (service == null && type.equals("Placed"));
            if (!step) {
                int before = repeated(found, e);
                int times = before < 0 ? 0 : found.remove(before).times();
                found.add(new Group(e, times + 1));
            }
        }
        return found.subList(Math.max(0, found.size() - MOST_EVENTS), found.size());
    }

    /** Returns the group that an event repeats; -1 if there is none. */
    private static int repeated(List<Group> found, Event e) {
        for (int i = found.size() - 1; i >= 0; i--) {
            var g = found.get(i).newest();
            boolean attempt = i == found.size() - 1 && ATTEMPTS.contains(e.type());
            if (g.type().equals(e.type())
                    && Objects.equals(g.service(), e.service())
                    && Objects.equals(g.engine(), e.engine())
                    && (attempt || g.reason().equals(e.reason()))) {
                return i;
            }
        }
        return -1;
    }

    /** Returns the index of the last stable deployment; 0 if nothing is wrong since then. */
    private int begin() {
        for (int i = events.size() - 1; i >= 0 && !status.well(); i--) {
            if (events.get(i).type().equals("DeploymentStable")) {
                return i;
            }
        }
        return 0;
    }
}
