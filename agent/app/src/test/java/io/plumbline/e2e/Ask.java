package io.plumbline.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.StreamSupport;

/** What tests ask a running agent over HTTP, where a JVM for each command would cost too much. */
final class Ask {
    private Ask() {}

    /** All events of a pipeline, oldest first. */
    static List<JsonNode> events(AgentProcess agent, String pipeline) {
        return list(agent.json(path(pipeline, "events?follow=false&limit=1000")));
    }

    /** The events of one type. */
    static List<JsonNode> events(AgentProcess agent, String pipeline, String type) {
        return events(agent, pipeline).stream()
                .filter(e -> e.path("type").asText().equals(type))
                .toList();
    }

    /** Drift now. */
    static List<JsonNode> diff(AgentProcess agent, String pipeline) {
        return list(agent.json(path(pipeline, "diff")));
    }

    /** Its deployments, newest first. */
    static List<JsonNode> history(AgentProcess agent, String pipeline) {
        return list(agent.json(path(pipeline, "history")));
    }

    /** What would be done for the head. */
    static JsonNode plan(AgentProcess agent, String pipeline) {
        return agent.json(path(pipeline, "plan"));
    }

    /** Fetch and reconcile now; the answer's message. */
    static String sync(AgentProcess agent, String pipeline) {
        return post(agent, pipeline, "sync", "{\"by\": \"test\"}");
    }

    /** Leave the pipeline alone from now on. */
    static void pause(AgentProcess agent, String pipeline) {
        post(agent, pipeline, "pause", "{\"by\": \"test\"}");
    }

    /** Follow Git and repair again. */
    static void resume(AgentProcess agent, String pipeline) {
        post(agent, pipeline, "resume", "{\"by\": \"test\"}");
    }

    private static String post(AgentProcess agent, String pipeline, String verb, String body) {
        var answer = agent.post(path(pipeline, verb), body);
        if (answer.statusCode() >= 400) {
            throw new AssertionError(
                    "%s %s: %d %s".formatted(verb, pipeline, answer.statusCode(), answer.body()));
        }
        return TestEngine.json(answer.body()).path("message").asText();
    }

    /** The elements of a JSON array. */
    static List<JsonNode> list(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }

    private static String path(String pipeline, String what) {
        return "/api/v1/pipelines/" + pipeline + "/" + what;
    }
}
