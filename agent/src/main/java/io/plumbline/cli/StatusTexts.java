package io.plumbline.cli;

import io.plumbline.api.Status;
import io.plumbline.api.Status.ServiceState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Parts of a pipeline's status as people read them; each is empty where there is nothing to say.
 */
final class StatusTexts {
    private static final int COMMIT_SHOWN = 7;
    private static final int SUBJECT_SHOWN = 60;

    private StatusTexts() {}

    /** {@code ef7f296 "serve 1.1"}, or a dash. The subject is there where it is known. */
    static String commit(Status status, @Nullable String id) {
        if (id == null || id.isEmpty()) {
            return "-";
        }
        var subject = status.commit(id).map(Status.Commit::subject).orElse("");
        return brief(id) + (subject.isEmpty() ? "" : " \"" + cut(subject) + "\"");
    }

    /** The same with the author and the age of the commit. */
    static String commitBy(Status status, @Nullable String id, Instant now) {
        var info = id == null ? null : status.commit(id).orElse(null);
        var text = commit(status, id);
        return info == null || info.author().isEmpty()
                ? text
                : text + ", " + info.author() + ", " + ago(info.at(), now);
    }

    /** The first digits of a commit. */
    static String brief(String commit) {
        return commit.length() <= COMMIT_SHOWN ? commit : commit.substring(0, COMMIT_SHOWN);
    }

    private static String cut(String subject) {
        return subject.length() <= SUBJECT_SHOWN
                ? subject
                : subject.substring(0, SUBJECT_SHOWN - 3).stripTrailing() + "...";
    }

    /** {@code 3m ago}, or {@code never}. */
    static String ago(@Nullable Instant at, Instant now) {
        return at == null ? "never" : Texts.age(at, now) + " ago";
    }

    /**
     * Published ports, the host's first: {@code :18101,:18103->8080}; with the address where it is
     * not that of all interfaces.
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

    /** {@code passed 12s ago}, {@code failed 3s ago}, or a dash. */
    static String check(Status.@Nullable Check check, Instant now) {
        return check == null
                ? "-"
                : (check.passed() ? "passed " : "failed ") + ago(check.at(), now);
    }

    /** Healthy of desired replicas of all services: {@code 2/2}. */
    static String replicas(Status status) {
        return status.services().isEmpty() ? "-" : healthy(status);
    }

    /** The same without a dash. */
    static String healthy(Status status) {
        int healthy = status.services().stream().mapToInt(ServiceState::healthy).sum();
        int desired = status.services().stream().mapToInt(ServiceState::desired).sum();
        return healthy + "/" + desired;
    }

    /** How long the pipeline is in its state: since its pause, or since its newest deployment. */
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

    /** The reason of the state, and who holds it. */
    static String reason(Status status) {
        var reason = status.reason();
        var hold = status.hold();
        return hold == null
                ? reason
                : (reason.isEmpty() ? "" : reason + "; ") + "held by " + hold.by();
    }

    /** An operator's pause or hold: who, when, why. */
    static String instruction(Status.@Nullable Instruction of, Instant now) {
        return of == null ? "" : said(of.by(), of.at(), of.reason(), now);
    }

    private static String said(String by, Instant at, String reason, Instant now) {
        return "by " + by + ", " + ago(at, now) + (reason.isEmpty() ? "" : ": " + reason);
    }

    /** Which services an operator acknowledged, and until when. */
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

    /** What {@code plumb rollback} would do. */
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

    /** A release or commit in quarantine: which, why, by whom, when. */
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

    /** The commands that help next, the likeliest first; none for a pipeline that is well. */
    static List<String> next(Status status) {
        var name = status.pipeline();
        var all = new ArrayList<String>();
        var service = firstUnwell(status);
        switch (status.state()) {
            case "Reverted" -> {
                all.add("plumb logs " + name + "/" + service + " --failed");
                all.add("push a correction, or plumb retry " + name);
            }
            case "RolledBack" ->
                    all.add(
                            status.hold() != null
                                    ? "plumb resume " + name
                                    : "push another commit, or plumb retry " + name);
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
                var rollback = status.rollback();
                if (rollback != null && rollback.ready()) {
                    all.add("plumb rollback " + name);
                }
            }
            default -> {}
        }
        return all.stream().distinct().toList();
    }

    /** The service that a person looks at first: one that is not healthy, else the first. */
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
