package io.plumbline.cli;

import io.plumbline.api.Event;
import io.plumbline.api.Status;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
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
            for (var e : decisive) {
                table.row(
                        Texts.time(e.at()),
                        Texts.orDash(e.deployment()),
                        Texts.orDash(e.service()),
                        Texts.orDash(e.engine()),
                        Texts.orDash(e.type()),
                        ReadVerbs.what(e));
            }
            table.print();
        }
        around.out().println();
        var next = new ArrayList<>(StatusTexts.next(status));
        next.removeIf(command -> command.startsWith("plumb why "));
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
        var because = reason.isEmpty() ? "." : ": " + reason;
        return switch (status.state()) {
            case "Synced" ->
                    name() + " runs what Git describes, commit " + runs + "." + also(reason);
            case "Reverted" ->
                    name()
                            + " runs "
                            + runs
                            + ", not the head "
                            + head
                            + ", which failed"
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
                    name()
                            + " does not deploy the head "
                            + head
                            + because
                            + (status.release() == null ? "" : " What runs stays: " + runs + ".");
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
        return reason.isEmpty() ? "" : " " + reason;
    }

    private static String health(Status.ServiceState s) {
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
                + " restarts."
                + also(s.reason());
    }

    /** Returns the newest decisive events; of repeated ones only the newest. */
    private List<Event> decisive() {
        var found = new ArrayDeque<Event>();
        var told = new java.util.HashSet<String>();
        for (int i = events.size() - 1; i >= 0 && found.size() < MOST_EVENTS; i--) {
            var e = events.get(i);
            boolean first = told.add(e.type() + e.service() + e.engine() + e.reason());
            var type = e.type();
            // Placement is shown only for a single service.
            boolean step = STEPS.contains(type) || (service == null && type.equals("Placed"));
            if (first && !step) {
                found.addFirst(e);
            }
        }
        return List.copyOf(found);
    }
}
