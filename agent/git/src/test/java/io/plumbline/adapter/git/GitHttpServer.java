package io.plumbline.adapter.git;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A smart HTTP remote: Git's own http-backend behind a small server, or whatever a test wants. */
final class GitHttpServer implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Seen> requests = new CopyOnWriteArrayList<>();
    private volatile Answer answer;

    /** Answers a request. */
    interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    /** A request as it came in. */
    record Seen(String method, String uri, String authorization) {}

    /** Serves the repositories below a folder. */
    GitHttpServer(Path root) {
        this.answer = backend(root);
        try {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String url(String host, String path) {
        return "http://" + host + ":" + server.getAddress().getPort() + path;
    }

    List<Seen> requests() {
        return requests;
    }

    void answer(Answer other) {
        answer = other;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String authorization = exchange.getRequestHeaders().getFirst("Authorization");
            requests.add(
                    new Seen(
                            exchange.getRequestMethod(),
                            exchange.getRequestURI().toString(),
                            authorization == null ? "" : authorization));
            answer.to(exchange);
        }
    }

    static Answer status(int status, Map<String, String> headers) {
        return exchange -> {
            headers.forEach((k, v) -> exchange.getResponseHeaders().set(k, v));
            exchange.sendResponseHeaders(status, -1);
        };
    }

    /** Only who sends that header gets through. */
    static Answer guarded(String authorization, Answer inner) {
        return exchange -> {
            if (authorization.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                inner.to(exchange);
            } else {
                status(401, Map.of("WWW-Authenticate", "Basic realm=\"git\"")).to(exchange);
            }
        };
    }

    /** Git's http-backend as a CGI program, RFC 3875. */
    static Answer backend(Path root) {
        return exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            var builder = new ProcessBuilder("git", "http-backend");
            var env = builder.environment();
            env.put("GIT_PROJECT_ROOT", root.toString());
            env.put("GIT_HTTP_EXPORT_ALL", "1");
            env.put("GIT_CONFIG_NOSYSTEM", "1");
            env.put("HOME", root.toString());
            env.put("REQUEST_METHOD", exchange.getRequestMethod());
            env.put("PATH_INFO", exchange.getRequestURI().getPath());
            String query = exchange.getRequestURI().getRawQuery();
            env.put("QUERY_STRING", query == null ? "" : query);
            env.put("CONTENT_LENGTH", Integer.toString(body.length));
            header(exchange, env, "Content-Type", "CONTENT_TYPE");
            header(exchange, env, "Content-Encoding", "HTTP_CONTENT_ENCODING");
            header(exchange, env, "Git-Protocol", "GIT_PROTOCOL");
            Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
            try (var in = process.getOutputStream()) {
                in.write(body);
            }
            byte[] out = process.getInputStream().readAllBytes();
            reply(exchange, new ByteArrayInputStream(out));
        };
    }

    private static void header(
            HttpExchange exchange, Map<String, String> env, String header, String variable) {
        String value = exchange.getRequestHeaders().getFirst(header);
        if (value != null) {
            env.put(variable, value);
        }
    }

    private static void reply(HttpExchange exchange, InputStream cgi) throws IOException {
        int status = 200;
        for (String line = line(cgi); !line.isEmpty(); line = line(cgi)) {
            int colon = line.indexOf(':');
            String name = line.substring(0, colon);
            String value = line.substring(colon + 1).strip();
            if (name.equalsIgnoreCase("Status")) {
                status = Integer.parseInt(value.substring(0, 3));
            } else {
                exchange.getResponseHeaders().set(name, value);
            }
        }
        byte[] body = cgi.readAllBytes();
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
            line.append(new String(new byte[] {(byte) b}, StandardCharsets.ISO_8859_1));
        }
        return line.toString().strip();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
