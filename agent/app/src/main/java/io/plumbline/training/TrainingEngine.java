package io.plumbline.training;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/**
 * An endpoint that answers as a Docker engine with one container and one image does (Engine API
 * 1.41). It accepts volumes and refuses all other changes, so a deployment is planned and fails.
 */
final class TrainingEngine implements AutoCloseable {
    static final String IMAGE = "training:1";

    private static final String CONTAINER =
            "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";
    private static final String IMAGE_ID =
            "sha256:1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a";
    private static final String LABELS =
            "{\"plumbline.agent\":\"training\",\"plumbline.pipeline\":\"earlier\"}";
    private static final String VERSION =
            """
            {"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12","Os":"linux",
            "Arch":"amd64"}""";
    private static final String INFO =
            """
            {"ID":"TRAINING","Driver":"overlay2","SystemTime":"2026-01-31T08:15:00Z","NCPU":2,
            "MemTotal":8589934592,"Name":"training","Labels":[],"ServerVersion":"20.10.24",
            "Runtimes":{"runc":{"path":"runc"}},"OSType":"linux","Architecture":"x86_64"}""";
    private static final String ROW =
            """
            {"Id":"%s","Names":["/earlier"],"Image":"%s","ImageID":"%s","Command":"/bin/app",
            "Created":1767225600,"Ports":[],"Labels":%s,"State":"running","Status":"Up 2 minutes",
            "HostConfig":{"NetworkMode":"none"},"NetworkSettings":{"Networks":{}},"Mounts":[]}"""
                    .formatted(CONTAINER, IMAGE, IMAGE_ID, LABELS);
    private static final String INSPECT =
            """
            {"Id":"%s","Created":"2026-01-31T08:15:00Z","Path":"/bin/app","Args":[],"State":
            {"Status":"running","Running":true,"Paused":false,"Restarting":false,"OOMKilled":false,
            "Dead":false,"Pid":4711,"ExitCode":0,"Error":"","StartedAt":"2026-01-31T08:15:00Z",
            "FinishedAt":"0001-01-01T00:00:00Z","Health":{"Status":"healthy","FailingStreak":0,
            "Log":[]}},"Image":"%s","Name":"/earlier","RestartCount":0,"Platform":"linux",
            "HostConfig":{"NetworkMode":"none","RestartPolicy":{"Name":"always"}},"Mounts":[],
            "Config":{"Image":"%s","Env":["A=b"],"Cmd":["/bin/app"],"Labels":%s},
            "NetworkSettings":{"Ports":{},"Networks":{}}}"""
                    .formatted(CONTAINER, IMAGE_ID, IMAGE, LABELS);
    private static final String IMAGE_INSPECT =
            """
            {"Id":"%s","RepoTags":["%s"],"RepoDigests":[],"Created":"2026-01-31T08:15:00Z",
            "Os":"linux","Architecture":"amd64","Size":1,"Config":{"Cmd":["/bin/app"]}}"""
                    .formatted(IMAGE_ID, IMAGE);
    private static final String VOLUME =
            """
            "Mountpoint":"/","Scope":"local","Options":{},"CreatedAt":"2026-01-31T08:15:00Z"}""";

    private final ServerSocketChannel server;
    private volatile String volume = "";

    private TrainingEngine(ServerSocketChannel server) {
        this.server = server;
    }

    /** Starts one at a unix socket. */
    static TrainingEngine start(Path socket) throws IOException {
        var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        var engine = new TrainingEngine(server);
        Thread.ofVirtual().name("training-engine").start(engine::accept);
        return engine;
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                var connection = server.accept();
                Thread.ofVirtual().name("training-engine").start(() -> serve(connection));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(SocketChannel connection) {
        try (connection;
                var in =
                        new BufferedReader(
                                new InputStreamReader(
                                        Channels.newInputStream(connection),
                                        StandardCharsets.ISO_8859_1))) {
            for (var first = in.readLine(); first != null; first = in.readLine()) {
                var body = body(in);
                var words = first.split(" ", -1);
                var path = words[1].replaceFirst("^/v[0-9.]+", "");
                var text =
                        path.startsWith("/events")
                                ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                : answer(words[0], path.replaceFirst("[?].*", ""), body);
                connection.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            }
        } catch (IOException | UncheckedIOException e) {
            return; // The agent has closed the connection.
        }
    }

    /** Reads the headers and the body. */
    private static String body(BufferedReader in) throws IOException {
        int length = 0;
        for (var line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                length = Integer.parseInt(line.substring(line.indexOf(':') + 1).strip());
            }
        }
        var body = new StringBuilder();
        while (body.length() < length) {
            body.append((char) in.read());
        }
        return body.toString();
    }

    private String answer(String method, String path, String body) {
        if (path.equals("/volumes/create")) {
            volume = body.substring(0, body.lastIndexOf('}')) + "," + VOLUME;
            return http(201, volume);
        }
        if (path.startsWith("/volumes/") && !volume.isEmpty()) {
            return http(200, volume);
        }
        if (!method.equals("GET") && !path.equals("/_ping")) {
            return http(500, "{\"message\":\"this is a training\"}");
        }
        return switch (path) {
            case "/_ping" -> http(200, "OK");
            case "/version" -> http(200, VERSION);
            case "/info" -> http(200, INFO);
            case "/containers/json" -> http(200, "[" + ROW + "]");
            case "/containers/" + CONTAINER + "/json" -> http(200, INSPECT);
            case "/images/" + IMAGE + "/json", "/images/" + IMAGE_ID + "/json" ->
                    http(200, IMAGE_INSPECT);
            case "/networks", "/images/json" -> http(200, "[]");
            case "/volumes" -> http(200, "{\"Volumes\":[],\"Warnings\":null}");
            default -> http(404, "{\"message\":\"no such object\"}");
        };
    }

    private static String http(int status, String body) {
        return "HTTP/1.1 %d X\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(status, body.getBytes(StandardCharsets.UTF_8).length, body);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
