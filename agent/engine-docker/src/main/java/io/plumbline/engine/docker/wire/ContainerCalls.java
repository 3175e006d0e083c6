package io.plumbline.engine.docker.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.transport.DockerHttpClient.Request;
import com.github.dockerjava.transport.DockerHttpClient.Response;
import io.plumbline.core.FailureKind;
import io.plumbline.core.redact.Redactor;
import io.plumbline.engine.docker.live.CommandResult;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.wire.EngineErrors.Doing;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The calls that act on one container, and the ping. */
final class ContainerCalls {
    /** HTTP 304 "not modified": the container is in this state already. */
    private static final int ALREADY = 304;

    /** Deadlines of a real engine are in real time. */
    private static final Ticker CLOCK = Ticker.system();

    private static final byte[] ATTACHED =
            "{\"Detach\":false,\"Tty\":false}".getBytes(StandardCharsets.UTF_8);
    private static final int CANNOT_BE_RUN = 126;
    private static final int LAST_OF_A_SHELL = 128;
    private static final int MOST_OUTPUT = 2048;
    private static final String RUNTIME_FAILED = "oci runtime exec failed";
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(10);

    private final EngineWire wire;
    private final Deadlines deadlines;
    private final UnendedCommands unended = new UnendedCommands();

    ContainerCalls(EngineWire wire, Deadlines deadlines) {
        this.wire = wire;
        this.deadlines = deadlines;
    }

    /** A command without a result. */
    interface Command {
        /** Runs it. */
        void run() throws DockerException;
    }

    /**
     * Runs a command for which some HTTP statuses mean that there is nothing to do.
     *
     * @return whether it was done
     */
    static boolean unless(Command command, Integer... statuses) {
        try {
            command.run();
            return true;
        } catch (DockerException e) {
            if (List.of(statuses).contains(e.getHttpStatus())) {
                return false;
            }
            throw e;
        }
    }

    void ping() {
        wire.call(
                "ping",
                Doing.ANYTHING,
                deadlines.probe(),
                s -> EngineWire.exchange(s.calls(), EngineWire.request(s, "GET", "/_ping")));
    }

    void start(String id) {
        wire.call(
                "start container " + DockerEngine.shortId(id),
                Doing.CONTAINER,
                deadlines.work(),
                s -> unless(() -> s.docker().startContainerCmd(id).exec(), ALREADY));
    }

    void stop(String id, Duration grace) {
        int seconds = Math.toIntExact(ContainerLayout.wholeSeconds(grace));
        wire.call(
                "stop container " + DockerEngine.shortId(id),
                Doing.ANYTHING,
                deadlines.work().plus(grace),
                s ->
                        unless(
                                () -> s.docker().stopContainerCmd(id).withTimeout(seconds).exec(),
                                ALREADY));
    }

    void remove(String id) {
        wire.call(
                "remove container " + DockerEngine.shortId(id),
                Doing.ANYTHING,
                deadlines.work(),
                s -> {
                    try {
                        return unless(
                                () ->
                                        s.docker()
                                                .removeContainerCmd(id)
                                                .withRemoveVolumes(true)
                                                .exec(),
                                404);
                    } catch (DockerException e) {
                        if (String.valueOf(e.getMessage()).contains("already in progress")) {
                            return false;
                        }
                        throw e;
                    }
                });
    }

    void rename(String id, String name) {
        wire.call(
                "rename container " + DockerEngine.shortId(id) + " to " + name,
                Doing.ANYTHING,
                deadlines.act(),
                s -> s.docker().renameContainerCmd(id).withName(name).exec());
    }

    void unpause(String id) {
        wire.call(
                "unpause container " + DockerEngine.shortId(id),
                Doing.ANYTHING,
                deadlines.act(),
                s -> s.docker().unpauseContainerCmd(id).exec());
    }

    /** Opens a file or folder of a container; each read has a deadline. */
    InputStream archive(String id, String path) {
        String what = "read " + path + " of container " + DockerEngine.shortId(id);
        String from = "/containers/" + id + "/archive?path=" + ImageTransfers.encoded(path);
        InputStream body;
        try {
            body =
                    wire.body(
                            what,
                            Doing.ANYTHING,
                            deadlines.work(),
                            s -> EngineWire.request(s, "GET", from));
        } catch (PlumblineException e) {
            // Status 500: a part of the path is a file.
            if (String.valueOf(e.getMessage()).contains("not a directory")) {
                throw new PlumblineException(
                        FailureKind.MISSING, wire.at(what) + ": there is nothing at this path", e);
            }
            throw e;
        }
        return new TimedAnswer(body, deadlines.work());
    }

    /**
     * Waits until a container does not run. The engine sends the head of its answer at once, and
     * the body when the container does not run.
     *
     * @return false after {@code atMost}
     */
    boolean await(String id, Duration atMost) {
        String what = "wait for the end of container " + DockerEngine.shortId(id);
        InputStream body =
                wire.body(
                        what,
                        Doing.ANYTHING,
                        deadlines.look(),
                        s ->
                                EngineWire.request(
                                        s,
                                        "POST",
                                        "/containers/" + id + "/wait?condition=not-running"));
        try (TimedAnswer answer = new TimedAnswer(body, atMost)) {
            try {
                byte[] said = answer.readNBytes(AnswerLimits.REFUSAL);
                if (EngineWire.json(said).path("StatusCode").isNumber()) {
                    return true;
                }
                throw new IOException("the answer is empty or cut off");
            } catch (IOException e) {
                if (answer.late()) {
                    return false;
                }
                boolean interrupted = Thread.currentThread().isInterrupted();
                throw new PlumblineException(
                        interrupted ? FailureKind.TRANSIENT : FailureKind.UNREACHABLE,
                        wire.at(what) + ": " + (interrupted ? "interrupted" : e.getMessage()),
                        e);
            }
        }
    }

    /**
     * Runs a command. A missing program returns 126 or 127 as in a shell: some engines do so, and
     * others refuse the command.
     *
     * <p>The engine cannot end a command. So no command starts while an earlier one still runs in
     * that container; at most one is left over.
     *
     * @throws PlumblineException {@code TRANSIENT} if it has not ended within the deadline though
     *     the engine answers, or if the engine could not run it
     */
    CommandResult exec(String id, List<String> command, Duration deadline) {
        String what = "run " + command.getFirst() + " in container " + DockerEngine.shortId(id);
        long begin = CLOCK.nanos();
        String earlier = unended.find(id, () -> ofAnotherLife(what, id, command, deadline));
        if (!earlier.isEmpty() && running(what, earlier)) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT,
                    wire.at(what) + ": an earlier one has not ended yet, no other is started");
        }
        unended.put(id, "");
        String exec =
                wire.call(
                        what,
                        Doing.EXEC,
                        CLOCK.left(deadline, begin),
                        s ->
                                s.docker()
                                        .execCreateCmd(id)
                                        .withAttachStdout(true)
                                        .withAttachStderr(true)
                                        .withCmd(command.toArray(String[]::new))
                                        .exec()
                                        .getId());
        // Kept until it is known to have ended, because an interrupted call leaves it running.
        unended.put(id, exec);
        try {
            Ended ended =
                    wire.call(what, Doing.EXEC, CLOCK.left(deadline, begin), s -> toEnd(s, exec));
            unended.put(id, "");
            return ended.result(wire.at(what));
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.INVALID) {
                return new CommandResult(CANNOT_BE_RUN, String.valueOf(e.getMessage()));
            }
            if (e.kind() == FailureKind.UNREACHABLE && running(what, exec)) {
                throw new PlumblineException(
                        FailureKind.TRANSIENT,
                        wire.at(what) + ": it has not ended within " + EngineWire.text(deadline));
            }
            throw e;
        }
    }

    /** Returns the same command if an earlier agent, or the engine's own check, left it running. */
    private String ofAnotherLife(String what, String id, List<String> command, Duration deadline) {
        JsonNode container =
                wire.get(what, Doing.EXEC, deadline, "/containers/" + id + "/json").path("ExecIDs");
        for (JsonNode known : container) {
            String exec = known.asText();
            JsonNode state;
            try {
                state = wire.call(what, Doing.EXEC, deadlines.probe(), s -> inspect(s, exec));
            } catch (PlumblineException e) {
                if (e.kind() == FailureKind.MISSING) {
                    continue;
                }
                throw e;
            }
            List<String> words = new ArrayList<>();
            words.add(state.path("ProcessConfig").path("entrypoint").asText());
            state.path("ProcessConfig").path("arguments").forEach(w -> words.add(w.asText()));
            if (state.path("Running").asBoolean() && words.equals(command)) {
                return exec;
            }
        }
        return "";
    }

    /**
     * The end of a command.
     *
     * @param exit its exit code
     * @param said the beginning of its output
     */
    private record Ended(int exit, String said) {

        /**
         * Returns the result, if the command ran. An engine that cannot run a command also returns
         * an exit code of a shell, with the runtime's message as the output.
         */
        CommandResult result(String what) {
            boolean byRuntime =
                    exit >= CANNOT_BE_RUN
                            && exit <= LAST_OF_A_SHELL
                            && said.toLowerCase(Locale.ROOT).contains(RUNTIME_FAILED);
            if (byRuntime && !EngineErrors.named(said)) {
                throw new PlumblineException(
                        FailureKind.TRANSIENT,
                        what + ": it could not be run: " + EngineErrors.sentence(said));
            }
            return new CommandResult(exit, said);
        }
    }

    private static Ended toEnd(EngineSession session, String exec) throws IOException {
        Request start =
                EngineWire.request(
                        session,
                        "POST",
                        "/exec/" + exec + "/start",
                        Map.of("Content-Type", "application/json"),
                        ATTACHED);
        String said;
        try (Response response = session.streams().execute(start);
                InputStream output = EngineWire.checked(response).getBody()) {
            byte[] begin = output.readNBytes(MOST_OUTPUT);
            long more = output.transferTo(OutputStream.nullOutputStream());
            said = new String(begin, StandardCharsets.UTF_8) + (more == 0 ? "" : Redactor.CUT);
        }
        // The output may end before the engine has recorded the exit. The deadline ends this loop.
        while (true) {
            JsonNode state = inspect(session, exec);
            if (!state.path("Running").asBoolean() && state.path("ExitCode").isNumber()) {
                return new Ended(state.path("ExitCode").asInt(), said);
            }
            pause();
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(BETWEEN_LOOKS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Whether a command still runs; one that the engine no longer knows has ended. */
    private boolean running(String what, String exec) {
        try {
            return wire.call(
                    what,
                    Doing.EXEC,
                    deadlines.probe(),
                    s -> inspect(s, exec).path("Running").asBoolean());
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.MISSING) {
                return false;
            }
            throw e;
        }
    }

    private static JsonNode inspect(EngineSession session, String exec) throws IOException {
        return EngineWire.json(
                EngineWire.exchange(
                        session.calls(),
                        EngineWire.request(session, "GET", "/exec/" + exec + "/json")));
    }
}
