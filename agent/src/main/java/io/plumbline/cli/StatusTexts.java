package io.plumbline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.manifest.yaml.Words;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.StringJoiner;

/**
 * Parts of a pipeline's status as people read them; each is empty where there is nothing to say.
 */
final class StatusTexts {
    private static final int COMMIT_SHOWN = 7;
    private static final int SUBJECT_SHOWN = 60;

    private StatusTexts() {}

    /** {@code ef7f296 "serve 1.1"}, or a dash. The subject is there where it is known. */
    static String commit(JsonNode status, String id) {
        if (id.isEmpty()) {
            return "-";
        }
        var subject = Texts.of(named(status, id), "subject");
        return brief(id) + (subject.isEmpty() ? "" : " \"" + cut(subject) + "\"");
    }

    /** The same with the author and the age of the commit. */
    static String commitBy(JsonNode status, String id, Instant now) {
        var info = named(status, id);
        var author = Texts.of(info, "author");
        var text = commit(status, id);
        return author.isEmpty() ? text : text + ", " + author + ", " + ago(info, "at", now);
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

    private static JsonNode named(JsonNode status, String id) {
        for (var c : status.path("commits")) {
            if (c.path("id").asText("").equals(id)) {
                return c;
            }
        }
        return status.path("none");
    }

    /** {@code 3m ago}, or {@code never}. */
    static String ago(JsonNode object, String key, Instant now) {
        var age = Texts.age(object, key, now);
        return age.equals("-") ? "never" : age + " ago";
    }

    /**
     * Published ports, the host's first: {@code :18101,:18103->8080}; with the address where it is
     * not that of all interfaces.
     */
    static String ports(JsonNode ports) {
        var hosts = new LinkedHashMap<String, StringJoiner>();
        for (var p : ports) {
            var ip = Texts.of(p, "hostIp");
            var all = ip.isEmpty() || ip.equals("0.0.0.0") || ip.equals("::");
            var protocol = Texts.of(p, "protocol");
            var to = Texts.of(p, "containerPort") + (protocol.equals("tcp") ? "" : "/" + protocol);
            var host = (all ? "" : ip.contains(":") ? "[" + ip + "]" : ip) + ":";
            hosts.computeIfAbsent(to, _ -> new StringJoiner(","))
                    .add(host + Texts.of(p, "hostPort"));
        }
        var out = new StringJoiner(" ");
        hosts.forEach((to, host) -> out.add(host + "->" + to));
        return out.length() == 0 ? "-" : out.toString();
    }

    /** {@code passed 12s ago}, {@code failed 3s ago}, or a dash. */
    static String check(JsonNode check, Instant now) {
        return check.isObject()
                ? (check.path("passed").asBoolean() ? "passed " : "failed ") + ago(check, "at", now)
                : "-";
    }

    /** Healthy of desired replicas of all services: {@code 2/2}. */
    static String replicas(JsonNode status) {
        int healthy = 0;
        int desired = 0;
        for (var s : status.path("services")) {
            healthy += s.path("healthy").asInt();
            desired += s.path("desired").asInt();
        }
        return status.path("services").isEmpty() ? "-" : healthy + "/" + desired;
    }

    /** How long the pipeline is in its state: since its pause, or since its newest deployment. */
    static String since(JsonNode status, Instant now) {
        if (status.path("paused").isObject()) {
            return Texts.age(status.path("paused"), "at", now);
        }
        var deployment = status.path("deployment");
        var end = Texts.age(deployment, "finishedAt", now);
        return end.equals("-") ? Texts.age(deployment, "startedAt", now) : end;
    }

    /** The reason of the state, and who holds it. */
    static String reason(JsonNode status) {
        var reason = Texts.of(status, "reason");
        var hold = status.path("hold");
        if (!hold.isObject()) {
            return reason;
        }
        return (reason.isEmpty() ? "" : reason + "; ") + "held by " + Texts.orDash(hold, "by");
    }

    /** An operator's pause or hold: who, when, why. */
    static String instruction(JsonNode of, Instant now) {
        if (!of.isObject()) {
            return "";
        }
        var reason = Texts.of(of, "reason");
        return "by "
                + Texts.orDash(of, "by")
                + ", "
                + ago(of, "at", now)
                + (reason.isEmpty() ? "" : ": " + reason);
    }

    /** Which services an operator acknowledged, and until when. */
    static String acknowledged(JsonNode ack, Instant now) {
        if (!ack.isObject()) {
            return "";
        }
        var services = new StringJoiner(", ");
        ack.path("services").forEach(s -> services.add(Words.visible(s.asText())));
        return services + " until " + Texts.time(ack, "until") + ", " + instruction(ack, now);
    }

    /** What {@code plumb rollback} would do. */
    static String rollback(JsonNode status) {
        var r = status.path("rollback");
        var name = Texts.of(status, "pipeline");
        if (!r.isObject()) {
            return status.path("quarantined").isEmpty()
                    ? "no earlier stable release"
                    : "no earlier stable release; `plumb rollback "
                            + name
                            + " --to` takes any release of `plumb history "
                            + name
                            + "`";
        }
        var commit = Texts.of(r, "commit");
        var to =
                "to "
                        + Texts.brief(r, "target")
                        + (commit.isEmpty() ? "" : " of commit " + commit(status, commit));
        if (r.path("ready").asBoolean()) {
            return to + ", ready";
        }
        var missing = new StringJoiner(", ");
        r.path("missing").forEach(m -> missing.add(Words.visible(m.asText())));
        return to + ", not ready, missing: " + missing;
    }

    /** A release or commit in quarantine: which, why, by whom, when. */
    static String quarantine(JsonNode status, JsonNode q, Instant now) {
        var release = Texts.of(q, "release");
        var commit = Texts.of(q, "commit");
        var reason = Texts.of(q, "reason");
        return (release.isEmpty() ? "" : Texts.brief(release) + " of ")
                + "commit "
                + commit(status, commit)
                + " "
                + Texts.orDash(q, "cause")
                + ", by "
                + Texts.orDash(q, "by")
                + ", "
                + ago(q, "at", now)
                + ": "
                + (reason.isEmpty() ? "no reason was given" : reason);
    }

    /** The commands that help next, the likeliest first; none for a pipeline that is well. */
    static List<String> next(JsonNode status) {
        var name = Texts.of(status, "pipeline");
        var all = new ArrayList<String>();
        var service = firstUnwell(status);
        switch (Texts.of(status, "state")) {
            case "Reverted" -> {
                all.add("plumb logs " + name + "/" + service + " --failed");
                all.add("push a correction, or plumb retry " + name);
            }
            case "RolledBack" ->
                    all.add(
                            status.path("hold").isObject()
                                    ? "plumb resume " + name
                                    : "push another commit, or plumb retry " + name);
            case "Paused" -> all.add("plumb resume " + name);
            case "Failed" -> all.add("plumb logs " + name + "/" + service + " --failed");
            case "Drifted", "Contested" -> all.add("plumb diff " + name);
            case "Unknown" -> all.add("plumb engines");
            case "Blocked" -> all.add("plumb why " + name);
            default -> {}
        }
        switch (Texts.of(status, "health")) {
            case "Unhealthy", "Degraded", "Missing" -> {
                all.add("plumb why " + name);
                all.add("plumb logs " + name + "/" + service);
                if (status.path("rollback").path("ready").asBoolean()) {
                    all.add("plumb rollback " + name);
                }
            }
            default -> {}
        }
        return all.stream().distinct().toList();
    }

    /** The service that a person looks at first: one that is not healthy, else the first. */
    private static String firstUnwell(JsonNode status) {
        for (var s : status.path("services")) {
            if (!Texts.of(s, "health").equals("Healthy")) {
                return Texts.of(s, "service");
            }
        }
        var first = Texts.of(status.path("services").path(0), "service");
        return first.isEmpty() ? "SERVICE" : first;
    }
}
