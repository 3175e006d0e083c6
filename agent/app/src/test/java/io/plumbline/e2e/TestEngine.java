package io.plumbline.e2e;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Docker engine as a test sees it: through the {@code docker} command, by another way than the
 * agent's.
 *
 * @param endpoint {@code unix:///path/docker.sock}
 * @param address where its published ports answer, as this JVM dials them
 */
public record TestEngine(String endpoint, String address) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * The engine of the property {@code plumbline.test.engine}, or of the environment variable
     * {@code PLUMBLINE_TEST_ENGINE}.
     *
     * @throws AssertionError when it is not set: {@code scripts/test} sets it
     */
    public static TestEngine shared() {
        var endpoint =
                Optional.ofNullable(System.getProperty("plumbline.test.engine"))
                        .or(() -> Optional.ofNullable(System.getenv("PLUMBLINE_TEST_ENGINE")))
                        .filter(value -> !value.isBlank())
                        .orElseThrow(
                                () ->
                                        new AssertionError(
                                                "this test needs a Docker engine: run scripts/test, or set"
                                                        + " -Dplumbline.test.engine=unix:///path/docker.sock"));
        return new TestEngine(endpoint, "127.0.0.1");
    }

    /** The socket's path. */
    public Path socket() {
        return Path.of(endpoint.substring("unix://".length()));
    }

    /** Runs {@code docker ARGS} on this engine; its output, trimmed; it must end with 0. */
    public String docker(String... args) {
        return tryDocker(args).ok().out().strip();
    }

    /** Runs {@code docker ARGS} on this engine and says how it ended. */
    public Program.Ended tryDocker(String... args) {
        return Program.end(command(args));
    }

    /** Runs {@code docker ARGS} with standard input. */
    public String dockerIn(byte[] input, String... args) {
        return Program.end(command(args), Map.of(), null, input, Duration.ofMinutes(2))
                .ok()
                .out()
                .strip();
    }

    private List<String> command(String... args) {
        var command = new ArrayList<>(List.of("docker", "-H", endpoint));
        command.addAll(List.of(args));
        return command;
    }

    /** Whether the engine answers. */
    public boolean answers() {
        return tryDocker("version").code() == 0;
    }

    /** {@code docker inspect} of one container, image, network or volume. */
    public JsonNode inspect(String name) {
        return json(docker("inspect", name)).get(0);
    }

    /** Ids of containers in any state that carry all of these labels ({@code key=value}). */
    public List<String> containers(String... labels) {
        return list(true, labels);
    }

    /** Ids of running containers that carry all of these labels ({@code key=value}). */
    public List<String> running(String... labels) {
        return list(false, labels);
    }

    /** Ids of the running containers of a pipeline's service. */
    public List<String> running(String pipeline, String service) {
        return list(false, "plumbline.pipeline=" + pipeline, "plumbline.service=" + service);
    }

    private List<String> list(boolean all, String... labels) {
        var args = new ArrayList<>(List.of("ps", "-q", "--no-trunc"));
        if (all) {
            args.add("-a");
        }
        for (var label : labels) {
            args.add("--filter");
            args.add("label=" + label);
        }
        return docker(args.toArray(String[]::new)).lines().sorted().toList();
    }

    /** {@code docker ps -a} of one agent as text, for messages. */
    public String table(String agent) {
        return tryDocker(
                        "ps",
                        "-a",
                        "--filter",
                        "label=plumbline.agent=" + agent,
                        "--format",
                        "{{.Names}}\t{{.Status}}\t{{.Image}}\t{{.Label \"plumbline.release\"}}")
                .out();
    }

    /** Removes containers, networks and volumes that carry {@code plumbline.agent=agent}. */
    public void removeAllOf(String agent) {
        var filter = "label=plumbline.agent=" + agent;
        remove(docker("ps", "-aq", "--filter", filter), "rm", "-f", "-v");
        remove(docker("network", "ls", "-q", "--filter", filter), "network", "rm");
        remove(docker("volume", "ls", "-q", "--filter", filter), "volume", "rm", "-f");
    }

    private void remove(String ids, String... verb) {
        var args = new ArrayList<>(List.of(verb));
        args.addAll(ids.lines().distinct().toList());
        if (args.size() > verb.length) {
            // Best effort: somebody may have removed one between the list and now.
            tryDocker(args.toArray(String[]::new));
        }
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + text, e);
        }
    }
}
