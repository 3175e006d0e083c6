package io.plumbline.cli;

import io.plumbline.api.Status;
import io.plumbline.api.Status.ServiceState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Parts of a pipeline's status as text for people. */
final class StatusTexts {
    private static final int COMMIT_SHOWN = 7;
    private static final int SUBJECT_SHOWN = 60;

    /** A manifest's folder, file and line at the beginning of an error. */
    private static final Pattern PLACE =
            Pattern.compile("\\b(?:([\\w./-]+)/)?([\\w.-]+\\.ya?ml):\\d+");

    /** The reason of a head whose steps failed. */
    private static final Pattern RUN = Pattern.compile("run ([0-9]+) failed: ");

    /** The release of the head, if another one failed since it did. */
    private static final Pattern EARLIER = Pattern.compile("^the head renders (v[0-9]+:[0-9a-f]+)");

    private static final Pattern COMMAND = Pattern.compile("`(plumb [^`]+)`");

    private StatusTexts() {}

    /**
     * Returns a commit such as {@code ef7f296 "serve 1.1"}, or a dash. An unknown subject is left
     * out.
     */
    static String commit(Status status, @Nullable String id) {
        if (id == null || id.isEmpty()) {
            return "-";
        }
        var subject = status.commit(id).map(Status.Commit::subject).orElse("");
        return brief(id) + (subject.isEmpty() ? "" : " \"" + cut(subject) + "\"");
    }

    /** Returns a commit with its subject, author and age. */
    static String commitBy(Status status, @Nullable String id, Instant now) {
        var info = id == null ? null : status.commit(id).orElse(null);
        var text = commit(status, id);
        return info == null || info.author().isEmpty()
                ? text
                : text + ", " + info.author() + ", " + ago(info.at(), now);
    }

    /** Returns the first digits of a commit. */
    static String brief(String commit) {
        return commit.length() <= COMMIT_SHOWN ? commit : commit.substring(0, COMMIT_SHOWN);
    }

    /** Returns the commit that the state is about: what Git wants if it runs, else what runs. */
    static @Nullable String commitOfState(Status status) {
        return status.state().equals("Synced") ? status.head() : status.commit();
    }

    private static String cut(String subject) {
        return subject.length() <= SUBJECT_SHOWN
                ? subject
                : subject.substring(0, SUBJECT_SHOWN - 3).stripTrailing() + "...";
    }

    /** Returns {@code 3m ago}, or {@code never}. */
    static String ago(@Nullable Instant at, Instant now) {
        return at == null ? "never" : Texts.age(at, now) + " ago";
    }

    /**
     * Returns published ports such as {@code :18101,:18103->8080}, host ports first. The host's
     * address precedes the port unless it means all interfaces.
     */
    static String ports(List<Status.Port> ports) {
        var hosts = new LinkedHashMap<String, StringJoiner>();
        for (var p : ports) {
            var ip = p.hostIp();
            var all = ip.isEmpty() || ip.equals("0.0.0.0") || ip.equals("::");
            var to = p.containerPort() + (p.protocol().equals("tcp") ? "" : "/" + p.protocol());
            var host = (all ? "" : ip.contains(":") ? "[" + ip + "]" : ip) + ":";
            hosts.computeIfAbsent(to, _ -> new StringJoiner(",")).add(host + p.hostPort());
        }
        var out = new StringJoiner(" ");
        hosts.forEach((to, host) -> out.add(host + "->" + to));
        return out.length() == 0 ? "-" : out.toString();
    }

    /** Returns {@code passed 12s ago}, {@code failed 3s ago}, or a dash. */
    static String check(Status.@Nullable Check check, Instant now) {
        return check == null
                ? "-"
                : (check.passed() ? "passed " : "failed ") + ago(check.at(), now);
    }

    /**
     * Returns healthy of desired replicas of all services, such as {@code 2/2}; a dash without
     * services.
     */
    static String replicas(Status status) {
        return status.services().isEmpty() ? "-" : healthy(status);
    }

    /** Returns healthy of desired replicas of all services. */
    static String healthy(Status status) {
        int healthy = status.services().stream().mapToInt(ServiceState::healthy).sum();
        int desired = status.services().stream().mapToInt(ServiceState::desired).sum();
        return healthy + "/" + desired;
    }

    /**
     * Returns the time since the pipeline was paused, or else since its newest deployment ended or
     * began.
     */
    static String since(Status status, Instant now) {
        var paused = status.paused();
        if (paused != null) {
            return Texts.age(paused.at(), now);
        }
        var deployment = status.deployment();
        if (deployment == null) {
            return "-";
        }
        var end = deployment.finishedAt();
        return Texts.age(end == null ? deployment.startedAt() : end, now);
    }

    /** Returns the reason of the state, and who set a hold. */
    static String reason(Status status) {
        var reason = status.reason().isEmpty() ? status.cleanUp() : status.reason();
        var hold = status.hold();
        return hold == null
                ? reason
                : (reason.isEmpty() ? "" : reason + "; ") + "held by " + hold.by();
    }

    /** Returns who set a pause or a hold, when and why; empty if there is none. */
    static String instruction(Status.@Nullable Instruction of, Instant now) {
        return of == null ? "" : said(of.by(), of.at(), of.reason(), now);
    }

    private static String said(String by, Instant at, String reason, Instant now) {
        return "by " + by + ", " + ago(at, now) + (reason.isEmpty() ? "" : ": " + reason);
    }

    /** Returns the acknowledged services, until when, and by whom; empty if there are none. */
    static String acknowledged(Status status, Instant now) {
        var ack = status.healthAcknowledged();
        return ack == null
                ? ""
                : String.join(", ", ack.services())
                        + " until "
                        + Texts.time(ack.until())
                        + ", "
                        + said(ack.by(), ack.at(), ack.reason(), now);
    }

    /** Returns the target of {@code plumb rollback}. */
    static String rollback(Status status) {
        var r = status.rollback();
        var name = status.pipeline();
        if (r == null) {
            return status.quarantined().isEmpty()
                    ? "no earlier stable release"
                    : "no earlier stable release; `plumb rollback "
                            + name
                            + " --to` takes any release of `plumb history "
                            + name
                            + "`";
        }
        var commit = r.commit();
        var to =
                "to "
                        + Texts.brief(r.target())
                        + (commit == null ? "" : " of commit " + commit(status, commit));
        return r.ready()
                ? to + ", ready"
                : to + ", not ready, missing: " + String.join(", ", r.missing());
    }

    /** Returns a quarantined release or commit: which, why, by whom and when. */
    static String quarantine(Status status, Status.Quarantined q, Instant now) {
        return (q.release().isEmpty() ? "" : Texts.brief(q.release()) + " of ")
                + "commit "
                + commit(status, q.commit())
                + " "
                + Texts.orDash(q.cause())
                + ", by "
                + Texts.orDash(q.by())
                + ", "
                + ago(q.at(), now)
                + ": "
                + (q.reason().isEmpty() ? "no reason was given" : q.reason());
    }

    /**
     * Returns commands that help next, the likeliest first; none for a healthy, synced pipeline.
     */
    static List<String> next(Status status) {
        var name = status.pipeline();
        var all = new ArrayList<String>();
        var service = firstUnwell(status);
        var run = RUN.matcher(status.reason());
        boolean ofSteps = run.lookingAt();
        if (ofSteps) {
            all.add("plumb runs show " + name + " " + run.group(1));
            all.add("push a correction, or plumb retry " + name);
        }
        switch (ofSteps ? "" : status.state()) {
            case "Reverted" -> {
                var earlier = EARLIER.matcher(status.reason());
                all.add(
                        "plumb logs "
                                + name
                                + "/"
                                + service
                                + (earlier.find()
                                        ? " --release " + earlier.group(1)
                                        : " --failed"));
                all.add("push a correction, or plumb retry " + name);
            }
            case "RolledBack" ->
                    all.add(
                            status.hold() != null
                                    ? "plumb resume " + name
                                    : "push a commit that changes the release, or plumb retry "
                                            + name);
            case "Paused" -> all.add("plumb resume " + name);
            case "Failed" -> all.add("plumb logs " + name + "/" + service + " --failed");
            case "Drifted", "Contested" -> all.add("plumb diff " + name);
            case "Unknown" -> all.add("plumb engines");
            case "Blocked" -> all.add("plumb why " + name);
            default -> {}
        }
        switch (status.health()) {
            case "Unhealthy", "Degraded", "Missing" -> {
                all.add("plumb why " + name);
                all.add("plumb logs " + name + "/" + service);
                if (wasHealthy(status)) {
                    all.add("plumb restart " + name + "/" + service);
                }
                var rollback = status.rollback();
                if (rollback != null && rollback.ready()) {
                    all.add("plumb rollback " + name);
                }
            }
            default -> {}
        }
        return all.stream().distinct().toList();
    }

    /** Returns commands that help next for a reader of {@code plumb why}. */
    static List<String> afterWhy(Status status) {
        var all = new ArrayList<String>();
        if (status.state().equals("Blocked")) {
            all.add(unblocked(status));
        }
        next(status).stream().filter(x -> !x.startsWith("plumb why ")).forEach(all::add);
        return all.stream().distinct().toList();
    }

    private static String unblocked(Status status) {
        var name = status.pipeline();
        var reason = status.reason();
        var place = PLACE.matcher(reason);
        if (leftGit(status)) {
            return "bring the manifest back and push, or " + prune(name);
        }
        if (place.find()) {
            var folder = place.group(1);
            return "correct "
                    + place.group()
                    + " and push; check with: plumb validate "
                    + (folder == null ? place.group(2) : folder);
        }
        var offered = COMMAND.matcher(reason);
        if (offered.find()) {
            return offered.group(1);
        }
        return reason.contains("does not answer") || reason.contains("no answer")
                ? "plumb engines"
                : "correct the cause; plumb sync " + name + " tries again at once";
    }

    /** Whether the agent removes the pipeline, because no manifest has it any more. */
    static boolean leftGit(Status status) {
        return status.reason().contains("`" + prune(status.pipeline()) + "`");
    }

    private static String prune(String pipeline) {
        return "plumb sync " + pipeline + " --prune";
    }

    /** Whether the newest deployment ended healthy, so that it is not the cause. */
    private static boolean wasHealthy(Status status) {
        var deployment = status.deployment();
        return status.state().equals("Synced")
                && deployment != null
                && deployment.state().equals("Stable")
                && Objects.equals(deployment.release(), status.release());
    }

    /** Whether the reason is that the head renders a release that failed earlier. */
    static boolean failedEarlier(Status status) {
        return EARLIER.matcher(status.reason()).find();
    }

    /** Returns the first service that is not healthy, or else the first one. */
    private static String firstUnwell(Status status) {
        var all = status.services();
        return all.stream()
                .filter(s -> !s.health().equals("Healthy"))
                .findFirst()
                .or(() -> all.stream().findFirst())
                .map(ServiceState::service)
                .orElse("SERVICE");
    }
}
