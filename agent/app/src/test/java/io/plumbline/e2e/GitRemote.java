package io.plumbline.e2e;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A real Git remote: a bare repository that {@code git http-backend} serves over HTTP, with
 * switches for what remotes do on a bad day. Commits are made by {@code git fast-import} straight
 * into the repository, by another way than the agent reads them.
 */
public final class GitRemote implements AutoCloseable {
    private final Path folder = Workshop.folder("git");
    private final Path bare = folder.resolve("repo.git");
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger requests = new AtomicInteger();
    private final int port = Workshop.port();
    private long clock = 1_700_000_000;
    private volatile boolean broken;
    private volatile @Nullable String credentials;
    private @Nullable HttpServer server;

    /** Starts serving an empty repository with the branch {@code main} unborn. */
    public GitRemote() {
        Program.run("git", "init", "-q", "--bare", "-b", "main", bare.toString());
        comesBack();
    }

    /** The remote's URL over HTTP. */
    public String url() {
        return "http://127.0.0.1:%d/repo.git".formatted(port);
    }

    /** The same repository as a {@code file://} URL. */
    public String fileUrl() {
        return "file://" + bare;
    }

    /** How many HTTP requests came so far. */
    public int requests() {
        return requests.get();
    }

    /**
     * Checks again and again until an agent that polls has looked three times more at least; a look
     * takes one request or two.
     *
     * @throws AssertionError as soon as the check fails
     */
    public void throughPolls(Runnable check) {
        int before = requests.get();
        Eventually.meanwhile("the agent has polled", () -> requests.get() >= before + 6, check);
    }

    // ---- commits

    /**
     * Commits these files (path to text) on main, on top of what is there; gives the commit's id.
     */
    public String commit(String message, Map<String, String> files) {
        return commitOn("main", message, files, true);
    }

    /** Commits one file on main. */
    public String commit(String message, String path, String text) {
        return commit(message, Map.of(path, text));
    }

    /** Commits on main that these paths are gone. */
    public String remove(String message, String... paths) {
        var stream = head("main", message, true);
        for (var path : paths) {
            line(stream, "D " + quoted(path));
        }
        return imported(stream, "main");
    }

    /** Makes main a history of one commit with these files, whatever was there (a force-push). */
    public String forcePush(String message, Map<String, String> files) {
        return commitOn("main", message, files, false);
    }

    /** Sets main to an earlier commit (a force-push back). */
    public void reset(String commit) {
        git("update-ref", "refs/heads/main", commit);
    }

    /** A new commit on main with the tree of an earlier one: what reverting back to it gives. */
    public String restore(String message, String commit) {
        var id =
                Program.end(
                                List.of(
                                        "git",
                                        "--git-dir",
                                        bare.toString(),
                                        "commit-tree",
                                        commit + "^{tree}",
                                        "-p",
                                        head(),
                                        "-m",
                                        message),
                                identity(),
                                null,
                                new byte[0],
                                Duration.ofSeconds(30))
                        .ok()
                        .out()
                        .strip();
        git("update-ref", "refs/heads/main", id);
        return id;
    }

    /** Deletes a branch. */
    public void deleteBranch(String branch) {
        git("update-ref", "-d", "refs/heads/" + branch);
    }

    /** The id main points at. */
    public String head() {
        return git("rev-parse", "refs/heads/main");
    }

    /** Runs {@code git ARGS} in the bare repository. */
    public String git(String... args) {
        var command = new java.util.ArrayList<>(List.of("git", "--git-dir", bare.toString()));
        command.addAll(List.of(args));
        return Program.run(command);
    }

    /** Commits files on a branch; {@code onTop} of what it has, else as its only commit. */
    public String commitOn(
            String branch, String message, Map<String, String> files, boolean onTop) {
        var stream = head(branch, message, onTop);
        files.forEach(
                (path, text) -> {
                    line(stream, "M 100644 inline " + quoted(path));
                    data(stream, text);
                });
        return imported(stream, branch);
    }

    private ByteArrayOutputStream head(String branch, String message, boolean onTop) {
        var stream = new ByteArrayOutputStream();
        line(stream, "commit refs/heads/" + branch);
        line(stream, "committer Test <test@example.com> %d +0000".formatted(clock++));
        data(stream, message);
        boolean born = !git("for-each-ref", "refs/heads/" + branch).isEmpty();
        if (onTop && born) {
            line(stream, "from refs/heads/" + branch + "^0");
        } else {
            // Without `from`, fast-import begins a history of its own and --force lets it replace.
            line(stream, "deleteall");
        }
        return stream;
    }

    private String imported(ByteArrayOutputStream stream, String branch) {
        Program.end(
                        List.of(
                                "git",
                                "--git-dir",
                                bare.toString(),
                                "fast-import",
                                "--quiet",
                                "--force"),
                        identity(),
                        null,
                        stream.toByteArray(),
                        Duration.ofMinutes(1))
                .ok();
        return git("rev-parse", "refs/heads/" + branch);
    }

    private static Map<String, String> identity() {
        return Map.of(
                "GIT_AUTHOR_NAME", "Test",
                "GIT_AUTHOR_EMAIL", "test@example.com",
                "GIT_COMMITTER_NAME", "Test",
                "GIT_COMMITTER_EMAIL", "test@example.com");
    }

    private static String quoted(String path) {
        return '"' + path.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static void line(ByteArrayOutputStream stream, String text) {
        stream.writeBytes((text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void data(ByteArrayOutputStream stream, String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        line(stream, "data " + bytes.length);
        stream.writeBytes(bytes);
        line(stream, "");
    }

    // ---- bad days

    /** Stops listening: connections are refused. */
    public synchronized void goesAway() {
        if (server != null) {
            server.stop(0);
            server = null;
        }
    }

    /** Listens again, at the same address. */
    public synchronized void comesBack() {
        broken = false;
        if (server == null) {
            try {
                var started =
                        HttpServer.create(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 64);
                started.setExecutor(threads);
                started.createContext("/", this::answer);
                started.start();
                server = started;
            } catch (IOException e) {
                throw new UncheckedIOException("cannot listen on port " + port, e);
            }
        }
    }

    /** Answers 503 to everything until {@link #comesBack}. */
    public void breaks() {
        broken = true;
    }

    /** From now on only these credentials are let in; null lets everybody in. */
    public void requires(@Nullable String username, String password) {
        credentials =
                username == null
                        ? null
                        : "Basic "
                                + Base64.getEncoder()
                                        .encodeToString(
                                                (username + ":" + password)
                                                        .getBytes(StandardCharsets.UTF_8));
    }

    // ---- git http-backend as CGI (RFC 3875)

    private void answer(HttpExchange exchange) throws IOException {
        requests.incrementAndGet();
        try (exchange) {
            var wanted = credentials;
            if (broken) {
                exchange.sendResponseHeaders(503, -1);
            } else if (wanted != null
                    && !wanted.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"git\"");
                exchange.sendResponseHeaders(401, -1);
            } else {
                backend(exchange);
            }
        }
    }

    private void backend(HttpExchange exchange) throws IOException {
        var builder = new ProcessBuilder("git", "http-backend");
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(cgi(exchange));
        var process = builder.start();
        try {
            try (var stdin = process.getOutputStream()) {
                exchange.getRequestBody().transferTo(stdin);
            }
            try (var stdout = new BufferedInputStream(process.getInputStream())) {
                int status = headers(stdout, exchange);
                exchange.sendResponseHeaders(status, 0);
                try (var body = exchange.getResponseBody()) {
                    stdout.transferTo(body);
                }
            }
        } finally {
            process.destroy();
        }
    }

    private Map<String, String> cgi(HttpExchange exchange) {
        var cgi = new HashMap<String, String>();
        cgi.put("GIT_PROJECT_ROOT", folder.toString());
        cgi.put("GIT_HTTP_EXPORT_ALL", "1");
        cgi.put("GIT_CONFIG_COUNT", "1");
        cgi.put("GIT_CONFIG_KEY_0", "safe.directory");
        cgi.put("GIT_CONFIG_VALUE_0", "*");
        cgi.put("GATEWAY_INTERFACE", "CGI/1.1");
        cgi.put("REQUEST_METHOD", exchange.getRequestMethod());
        cgi.put("PATH_INFO", exchange.getRequestURI().getPath());
        var query = exchange.getRequestURI().getRawQuery();
        cgi.put("QUERY_STRING", query == null ? "" : query);
        cgi.put("REMOTE_ADDR", "127.0.0.1");
        var headers = exchange.getRequestHeaders();
        copy(headers.getFirst("Content-Type"), "CONTENT_TYPE", cgi);
        copy(headers.getFirst("Content-Length"), "CONTENT_LENGTH", cgi);
        copy(headers.getFirst("Content-Encoding"), "HTTP_CONTENT_ENCODING", cgi);
        copy(headers.getFirst("Git-Protocol"), "GIT_PROTOCOL", cgi);
        return cgi;
    }

    private static void copy(@Nullable String value, String key, Map<String, String> cgi) {
        if (value != null) {
            cgi.put(key, value);
        }
    }

    /** Reads the head of a CGI answer into the exchange; gives the status. */
    private static int headers(InputStream stdout, HttpExchange exchange) throws IOException {
        int status = 200;
        for (var line = line(stdout); !line.isEmpty(); line = line(stdout)) {
            int colon = line.indexOf(':');
            var name = line.substring(0, colon);
            var value = line.substring(colon + 1).strip();
            if (name.toLowerCase(Locale.ROOT).equals("status")) {
                status = Integer.parseInt(value.substring(0, 3));
            } else {
                exchange.getResponseHeaders().set(name, value);
            }
        }
        return status;
    }

    private static String line(InputStream stream) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int c = stream.read(); c != '\n' && c != -1; c = stream.read()) {
            if (c != '\r') {
                line.write(c);
            }
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        goesAway();
        threads.shutdownNow();
        Workshop.remove(folder);
    }
}
