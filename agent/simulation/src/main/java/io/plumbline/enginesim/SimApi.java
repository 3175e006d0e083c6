package io.plumbline.enginesim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.enginesim.SimHttp.Answer;
import io.plumbline.enginesim.SimHttp.Request;
import io.plumbline.port.LogLine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The Engine API v1.41 over a {@link SimHost}: what the adapter calls. Source of the paths, the
 * statuses and the formats: the API's reference and a real Engine 20.10.
 */
final class SimApi {
    private static final int STDOUT = 1;
    private static final String END = "\0end";

    private final SimHost host;
    private final Map<String, SimImage> registry = new ConcurrentHashMap<>();
    private final Map<String, Exec> execs = new ConcurrentHashMap<>();
    private volatile Duration skew = Duration.ZERO;
    private int serial;

    /** A command in a container, and what it ended with. */
    private record Exec(String container, List<String> argv, boolean ran) {}

    SimApi(SimHost host) {
        this.host = host;
    }

    void registryHas(SimImage image) {
        image.tags().forEach(t -> registry.put(t, image));
        image.digests().forEach(d -> registry.put(d, image));
    }

    void skew(Duration by) {
        skew = by;
    }

    /** Answers what is no stream. */
    Answer answer(Request r) throws IOException {
        try {
            var path = r.path().substring(1).split("/");
            return switch (path[0]) {
                case "_ping" ->
                        new Answer(200, "text/plain", "OK".getBytes(StandardCharsets.UTF_8));
                case "version" -> Answer.json(200, version());
                case "info" -> Answer.json(200, info());
                case "containers" -> containers(r, path);
                case "exec" -> exec(path);
                case "networks" -> networks(r, path);
                case "volumes" -> volumes(r, path);
                case "images" -> images(r);
                case "distribution" -> distribution(r);
                default -> none(r);
            };
        } catch (SimRefusal e) {
            return Answer.json(e.status(), SimJson.message(e.said()));
        }
    }

    private static Answer none(Request r) {
        return Answer.json(404, SimJson.message("page not found: " + r.method() + " " + r.path()));
    }

    private static String version() {
        return "{\"Version\":\"20.10.24\",\"ApiVersion\":\"1.41\",\"MinAPIVersion\":\"1.12\","
                + "\"Os\":\"linux\",\"Arch\":\"amd64\"}";
    }

    private String info() {
        int running = host.running();
        return "{\"ID\":\"SIMU:LATE\",\"Containers\":"
                + host.count()
                + ",\"ContainersRunning\":"
                + running
                + ",\"Images\":"
                + host.images()
                + ",\"Driver\":\"overlay2\",\"SystemTime\":\""
                + Instant.now().plus(skew)
                + "\",\"NCPU\":16,\"MemTotal\":68719476736,\"GenericResources\":null,"
                + "\"Name\":\"sim\",\"Labels\":[],\"ServerVersion\":\"20.10.24\","
                + "\"Runtimes\":{\"runc\":{\"path\":\"runc\"}},\"OSType\":\"linux\","
                + "\"Architecture\":\"x86_64\"}";
    }

    // ---- containers

    private Answer containers(Request r, String[] path) throws IOException {
        if (path.length == 2 && path[1].equals("json")) {
            return Answer.json(
                    200, host.list(r.is("all"), SimJson.filter(r.query("filters"), "label")));
        }
        if (path.length == 2 && path[1].equals("create")) {
            var id = host.create(r.query("name"), SimJson.object(r.body()));
            return Answer.json(201, "{\"Id\":\"" + id + "\",\"Warnings\":[]}");
        }
        if (path.length == 2 && r.method().equals("DELETE")) {
            host.remove(path[1], r.is("force"), r.is("v"));
            return Answer.empty(204);
        }
        return path.length == 3 ? container(r, path[1], path[2]) : none(r);
    }

    private Answer container(Request r, String id, String what) throws IOException {
        switch (what) {
            case "json" -> {
                return Answer.json(200, host.inspect(id));
            }
            case "start" -> {
                return Answer.empty(host.start(id) ? 204 : 304);
            }
            case "stop" -> {
                return Answer.empty(host.stop(id) ? 204 : 304);
            }
            case "kill" -> host.kill(id);
            case "rename" -> host.rename(id, r.query("name"));
            case "pause" -> host.pause(id, true);
            case "unpause" -> host.pause(id, false);
            case "update" -> {
                host.update(id, SimJson.object(r.body()));
                return Answer.json(200, "{\"Warnings\":null}");
            }
            case "archive" -> {
                return archive(r, host.find(id));
            }
            case "exec" -> {
                return createExec(host.find(id), SimJson.object(r.body()));
            }
            default -> {
                return none(r);
            }
        }
        return Answer.empty(204);
    }

    /** What was put is there; of a busybox that is asked for, the head of one. */
    private static Answer archive(Request r, SimContainer c) throws IOException {
        if (!r.method().equals("GET")) {
            c.files.put(r.query("path"), r.body());
            return Answer.empty(200);
        }
        var wanted = r.query("path");
        var put = c.files.archive(wanted);
        if (put.isPresent()) {
            return new Answer(200, "application/x-tar", put.get());
        }
        if (!wanted.equals("/bin/busybox")) {
            throw new SimRefusal(
                    404, "Could not find the file " + wanted + " in container " + c.name);
        }
        // An ELF header without program headers: a static binary.
        byte[] elf = new byte[64];
        System.arraycopy(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}, 0, elf, 0, 7);
        var out = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(out)) {
            var entry = new TarArchiveEntry("busybox");
            entry.setSize(elf.length);
            tar.putArchiveEntry(entry);
            tar.write(elf);
            tar.closeArchiveEntry();
        }
        return new Answer(200, "application/x-tar", out.toByteArray());
    }

    private Answer createExec(SimContainer c, ObjectNode body) {
        if (!c.state.equals("running")) {
            throw new SimRefusal(409, "Container " + c.id + " is not running");
        }
        var argv = new ArrayList<String>();
        body.path("Cmd").forEach(w -> argv.add(w.asText()));
        String id;
        synchronized (this) {
            id = SimImage.hash("exec " + c.id + " " + ++serial);
        }
        execs.put(id, new Exec(c.id, argv, false));
        return Answer.json(201, "{\"Id\":\"" + id + "\"}");
    }

    private Answer exec(String[] path) {
        var exec = path.length < 3 ? null : execs.get(path[1]);
        if (exec == null) {
            throw new SimRefusal(404, "No such exec instance: " + path[1]);
        }
        var program = SimProgram.of(exec.argv());
        if (path[2].equals("start")) {
            if (!program.found()) {
                throw new SimRefusal(
                        400,
                        "OCI runtime exec failed: exec failed: unable to start container process:"
                                + " exec: \"/no\": executable file not found in $PATH: unknown");
            }
            execs.put(path[1], new Exec(exec.container(), exec.argv(), true));
            return new Answer(200, "application/vnd.docker.raw-stream", new byte[0]);
        }
        execs.remove(path[1], exec.ran() ? exec : null);
        var code = program.exit();
        return Answer.json(
                200,
                "{\"ID\":\""
                        + path[1]
                        + "\",\"Running\":false,\"ExitCode\":"
                        + (exec.ran() ? (code == null ? 0 : code) : "null")
                        + ",\"ContainerID\":\""
                        + exec.container()
                        + "\",\"Pid\":1}");
    }

    // ---- networks, volumes, images

    private Answer networks(Request r, String[] path) throws IOException {
        var all = host.networks;
        if (path.length == 1) {
            return Answer.json(200, all.list());
        }
        if (path.length == 2 && path[1].equals("create")) {
            var id = all.create(SimJson.object(r.body()));
            return Answer.json(201, "{\"Id\":\"" + id + "\",\"Warning\":\"\"}");
        }
        if (path.length == 2 && r.method().equals("DELETE")) {
            all.remove(path[1]);
            return Answer.empty(204);
        }
        if (path.length == 2) {
            return Answer.json(200, all.inspect(path[1]));
        }
        switch (path[2]) {
            case "connect" -> all.connect(path[1], SimJson.object(r.body()));
            case "disconnect" -> all.disconnect(path[1], SimJson.object(r.body()));
            default -> {
                return none(r);
            }
        }
        return Answer.empty(200);
    }

    private Answer volumes(Request r, String[] path) throws IOException {
        if (path.length == 1) {
            return Answer.json(200, "{\"Volumes\":" + host.volumes() + ",\"Warnings\":null}");
        }
        if (path[1].equals("create")) {
            return Answer.json(201, host.createVolume(SimJson.object(r.body())).toString());
        }
        if (r.method().equals("DELETE")) {
            host.removeVolume(path[1]);
            return Answer.empty(204);
        }
        return Answer.json(200, host.volume(path[1]).toString());
    }

    private Answer images(Request r) throws IOException {
        var rest = r.path().substring("/images/".length());
        if (rest.equals("create")) {
            return pull(r.query("fromImage"), r.query("tag"));
        }
        if (rest.equals("load")) {
            return load(r.body());
        }
        if (rest.endsWith("/get")) {
            var image = host.image(rest.substring(0, rest.length() - "/get".length()));
            return new Answer(200, "application/x-tar", saved(image));
        }
        return rest.endsWith("/json")
                ? Answer.json(
                        200, host.image(rest.substring(0, rest.length() - "/json".length())).json())
                : none(r);
    }

    private Answer pull(String from, String tag) {
        var name = from + (tag.startsWith("sha256:") ? "@" : ":") + tag;
        var found = registry.get(name);
        if (found == null) {
            throw new SimRefusal(404, "manifest for " + name + " not found: manifest unknown");
        }
        host.add(found);
        host.events.tell("image", "pull", name, Map.of("name", name));
        var first = SimJson.MAPPER.createObjectNode();
        first.put("status", "Pulling from " + from).put("id", tag);
        var last = SimJson.MAPPER.createObjectNode();
        last.put("status", "Status: Downloaded newer image");
        return Answer.json(200, String.join("\n", first.toString(), last.toString(), ""));
    }

    /** Not an image's real archive: one simulated engine reads what another has written. */
    private static byte[] saved(SimImage image) {
        var text = SimJson.MAPPER.createObjectNode();
        text.put("id", image.id());
        image.tags().forEach(text.putArray("tags")::add);
        image.digests().forEach(text.putArray("digests")::add);
        text.set("config", image.config());
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private Answer load(byte[] archive) throws IOException {
        var text = SimJson.object(archive);
        var tags = new ArrayList<String>();
        text.path("tags").forEach(t -> tags.add(t.asText()));
        var image =
                new SimImage(
                        text.path("id").asText(),
                        tags,
                        List.of(),
                        (ObjectNode) text.path("config"));
        host.add(image);
        host.events.tell("image", "load", image.id(), Map.of("name", image.id()));
        var line = SimJson.MAPPER.createObjectNode();
        line.put("stream", "Loaded image ID: " + image.id());
        return Answer.json(200, line.toString());
    }

    private Answer distribution(Request r) {
        var name = r.path().replaceFirst("^/distribution/", "").replaceFirst("/json$", "");
        var found = registry.get(name);
        if (found == null) {
            throw new SimRefusal(404, "manifest unknown: " + name);
        }
        return Answer.json(
                200,
                "{\"Descriptor\":{\"mediaType\":\"\",\"digest\":\""
                        + found.digest()
                        + "\",\"size\":1},\"Platforms\":[]}");
    }

    // ---- streams

    /** Whether the answer comes in pieces. */
    static boolean isStream(Request r) {
        return r.path().equals("/events")
                || r.path().endsWith("/logs")
                || r.path().endsWith("/wait");
    }

    /**
     * Sends a stream until it ends or the other side is gone.
     *
     * @param held blocks while nothing may be sent
     */
    void stream(Request r, SimHttp http, Runnable held) throws IOException, InterruptedException {
        if (r.path().equals("/events")) {
            events(r, http, held);
        } else if (r.path().endsWith("/wait")) {
            await(r, http);
        } else {
            logs(r, http);
        }
    }

    private void events(Request r, SimHttp http, Runnable held)
            throws IOException, InterruptedException {
        var lines = new LinkedBlockingQueue<String>();
        var filters = r.query("filters");
        var listener =
                new SimEvents.Listener(
                        SimJson.filter(filters, "type"),
                        SimJson.filter(filters, "event"),
                        lines::add);
        http.beginStream("application/json");
        host.events.listen(listener, SimEvents.nanos(r.query("since")));
        try {
            if (!r.query("until").isEmpty()) {
                lines.add(END);
            } else {
                watch(http, lines);
            }
            for (var line = lines.take(); !line.equals(END); line = lines.take()) {
                held.run();
                http.chunk((line + "\n").getBytes(StandardCharsets.UTF_8));
            }
            http.endStream();
        } finally {
            host.events.leave(listener);
        }
    }

    private static void watch(SimHttp http, LinkedBlockingQueue<String> lines) {
        Thread.ofVirtual()
                .name("sim-listener")
                .start(
                        () -> {
                            try {
                                http.untilGone();
                            } catch (IOException e) {
                                lines.add(END);
                            }
                            lines.add(END);
                        });
    }

    private void await(Request r, SimHttp http) throws IOException, InterruptedException {
        var c = found(r, http);
        if (c == null) {
            return;
        }
        http.beginStream("application/json");
        var gone = new LinkedBlockingQueue<String>();
        watch(http, gone);
        synchronized (host) {
            while (c.running() && gone.isEmpty()) {
                host.wait(50);
            }
        }
        if (gone.isEmpty()) {
            http.chunk(
                    ("{\"Error\":null,\"StatusCode\":" + c.exitCode + "}\n")
                            .getBytes(StandardCharsets.UTF_8));
            http.endStream();
        }
    }

    /** The container of a stream; null if it is not there, which is then answered. */
    private @Nullable SimContainer found(Request r, SimHttp http) throws IOException {
        try {
            return host.find(r.path().split("/")[2]);
        } catch (SimRefusal e) {
            http.write(Answer.json(e.status(), SimJson.message(e.said())));
            return null;
        }
    }

    private void logs(Request r, SimHttp http) throws IOException, InterruptedException {
        var c = found(r, http);
        if (c == null) {
            return;
        }
        http.beginStream("application/octet-stream");
        var gone = new LinkedBlockingQueue<String>();
        watch(http, gone);
        int from = 0;
        var tail = r.query("tail");
        var since = since(r.query("since"));
        boolean timed = r.is("timestamps");
        if (!tail.isEmpty() && !tail.equals("all")) {
            synchronized (host) {
                from = Math.max(0, c.log.size() - Integer.parseInt(tail));
            }
        }
        while (gone.isEmpty()) {
            List<LogLine> fresh;
            boolean more;
            synchronized (host) {
                fresh = List.copyOf(c.log.subList(from, c.log.size()));
                more = r.is("follow") && c.running();
                if (fresh.isEmpty() && more) {
                    host.wait(50);
                }
            }
            from += fresh.size();
            for (var line : fresh) {
                var at = Objects.requireNonNull(line.at());
                if (!at.isBefore(since)) {
                    http.chunk(frame(timed ? at + " " + line.text() : line.text()));
                }
            }
            if (!more && fresh.isEmpty()) {
                break;
            }
        }
        http.endStream();
    }

    private static Instant since(String text) {
        if (text.isEmpty()) {
            return Instant.EPOCH;
        }
        var parts = text.split("\\.");
        return Instant.ofEpochSecond(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
    }

    private static byte[] frame(String line) {
        var bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + bytes.length)
                .put((byte) STDOUT)
                .put(new byte[3])
                .putInt(bytes.length)
                .put(bytes)
                .array();
    }
}
