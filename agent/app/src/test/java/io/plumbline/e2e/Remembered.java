package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an agent says of its past, for the comparison with what another version says of it.
 *
 * @param status by pipeline: the parts of its status that stand in the ledger
 * @param history by pipeline: its deployments, newest first
 * @param events all events, oldest first
 * @param tokens all tokens
 * @param audit all records of the audit, oldest first
 * @param deliveries webhook deliveries, newest first
 */
record Remembered(
        Map<String, Map<String, JsonNode>> status,
        Map<String, List<JsonNode>> history,
        List<JsonNode> events,
        List<JsonNode> tokens,
        List<JsonNode> audit,
        List<JsonNode> deliveries) {

    private static final List<String> OF_STATUS =
            List.of(
                    "name",
                    "state",
                    "release",
                    "commit",
                    "head",
                    "stableRelease",
                    "stableCommit",
                    "quarantined",
                    "hold",
                    "paused",
                    "rollback",
                    "deployment");

    static Remembered by(AgentProcess agent, List<String> pipelines) {
        var status = new LinkedHashMap<String, Map<String, JsonNode>>();
        var history = new LinkedHashMap<String, List<JsonNode>>();
        for (var pipeline : pipelines) {
            var now = agent.status(pipeline);
            var parts = new LinkedHashMap<String, JsonNode>();
            OF_STATUS.forEach(part -> parts.put(part, now.path(part)));
            status.put(pipeline, parts);
            history.put(pipeline, Ask.history(agent, pipeline));
        }
        return new Remembered(
                status,
                history,
                Ask.list(agent.json("/api/v1/events?follow=false&limit=1000")),
                Ask.list(agent.json("/api/v1/tokens")),
                Ask.list(agent.json("/api/v1/audit?after=0&limit=1000")),
                Ask.list(agent.json("/api/v1/webhooks?limit=1000")));
    }

    /**
     * The same, as a version says it that calls the release which serves after a rollback stable;
     * earlier ones named the release that was left.
     *
     * @param rolledBack the pipelines that were rolled back and serve their target
     */
    Remembered withServingAsStable(List<String> rolledBack) {
        var now = new LinkedHashMap<>(status);
        for (var pipeline : rolledBack) {
            var parts = new LinkedHashMap<>(now.getOrDefault(pipeline, Map.of()));
            parts.computeIfPresent("stableRelease", (_, _) -> parts.get("release"));
            parts.computeIfPresent("stableCommit", (_, _) -> parts.get("commit"));
            now.put(pipeline, parts);
        }
        return new Remembered(now, history, events, tokens, audit, deliveries);
    }

    /**
     * Whether all of the earlier is here, unchanged; what a newer version adds is no difference.
     *
     * @throws AssertionError that names what is not
     */
    boolean has(Remembered earlier) {
        var lost = new ArrayList<String>();
        earlier.status.forEach(
                (pipeline, parts) ->
                        parts.forEach(
                                (part, value) ->
                                        compare(
                                                "status of %s: %s".formatted(pipeline, part),
                                                value,
                                                Optional.ofNullable(status.get(pipeline))
                                                        .map(now -> now.get(part)),
                                                lost)));
        earlier.history.forEach(
                (pipeline, list) -> {
                    var now = history.getOrDefault(pipeline, List.of());
                    compare("history of " + pipeline, list, now, lost);
                    assertThat(now).as("deployments of %s", pipeline).hasSameSizeAs(list);
                });
        compare("events", earlier.events, events, lost);
        compare("tokens", earlier.tokens, tokens, lost);
        compare("audit", earlier.audit, audit, lost);
        compare("deliveries", earlier.deliveries, deliveries, lost);
        assertThat(lost).as("what the earlier agent remembered and this one does not").isEmpty();
        return true;
    }

    private static void compare(
            String what, List<JsonNode> before, List<JsonNode> now, List<String> lost) {
        for (int i = 0; i < before.size(); i++) {
            compare(
                    what + " " + i,
                    before.get(i),
                    i < now.size() ? Optional.of(now.get(i)) : Optional.empty(),
                    lost);
        }
    }

    private static void compare(
            String what, JsonNode before, Optional<JsonNode> now, List<String> lost) {
        if (now.isEmpty() || !holds(now.get(), before)) {
            lost.add("%s: %s, now %s".formatted(what, before, now.orElse(null)));
        }
    }

    /** Equal, but for members that only the newer has. */
    private static boolean holds(JsonNode now, JsonNode before) {
        if (before.isObject()) {
            return before.properties().stream()
                    .allMatch(p -> now.has(p.getKey()) && holds(now.get(p.getKey()), p.getValue()));
        }
        if (before.isArray()) {
            boolean same = now.size() == before.size();
            for (int i = 0; same && i < before.size(); i++) {
                same = holds(now.get(i), before.get(i));
            }
            return same;
        }
        return now.equals(before);
    }
}
