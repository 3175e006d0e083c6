package io.plumbline.cli;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Runs {@code plumb status} in this process, against answers that are made here. The build records
 * which classes that needs, for the JVM's cache of loaded classes (JEP 514): {@code scripts/plumb}
 * starts in half the time with it.
 */
final class StartTraining {
    private static final String ANSWER =
            """
            [{"pipeline":"ranker","state":"Synced","reason":"","health":"Healthy","healthReason":"",
            "release":"v1:bbbb","commit":"b2b2b2b2","head":"b2b2b2b2","stableRelease":"v1:aaaa",
            "stableCommit":"a1a1a1a1","quarantined":[],"observedAt":"2026-01-31T08:15:00Z",
            "deployment":{"id":"d-1","release":"v1:bbbb","commit":"b2b2b2b2","from":"v1:aaaa",
            "state":"Stable","reason":"","by":"agent","trigger":"git","subject":"serve 1.4.2",
            "startedAt":"2026-01-31T08:15:00Z","finishedAt":"2026-01-31T08:15:40Z"},
            "rollback":{"target":"v1:aaaa","commit":"a1a1a1a1","ready":true,"missing":[]},
            "engines":[{"engine":"local","state":"Ready","reason":"",
            "observedAt":"2026-01-31T08:15:00Z"}],"engineName":"ranker","was":[],
            "services":[{"service":"serve","engine":"local","health":"Healthy","reason":"",
            "desired":2,"running":2,"healthy":2,"restarts":0,"image":"serve:1.4.2","drift":[],
            "ports":[]}],"commits":[{"id":"b2b2b2b2","subject":"serve 1.4.2","author":"Ada",
            "at":"2026-01-31T08:15:00Z"}]}]
            """;

    private StartTraining() {}

    /** Ends the process with the exit code of {@code plumb status}. */
    public static void main(String[] args) throws IOException {
        var loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        var server = HttpServer.create(loopback, 0);
        server.createContext(
                "/",
                exchange -> {
                    var bytes = ANSWER.getBytes(StandardCharsets.UTF_8);
                    exchange.getResponseHeaders().set("Content-Type", "application/json");
                    exchange.sendResponseHeaders(200, bytes.length);
                    try (var out = exchange.getResponseBody()) {
                        out.write(bytes);
                    }
                });
        server.start();
        var here = CliContext.ofProcess();
        var nowhere =
                new PrintWriter(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        var around =
                new CliContext(
                        Map.of("PLUMBLINE_TOKEN", "training"),
                        here.in(),
                        nowhere,
                        OutputStream.nullOutputStream(),
                        here.err(),
                        true,
                        here.user(),
                        here.folder(),
                        here.defaultConfig(),
                        here.ticker(),
                        here.pollEvery(),
                        here.retryAfter());
        var url = "http://127.0.0.1:" + server.getAddress().getPort();
        int exit = Plumb.run(Arguments.ofProcess(new String[] {"status", "--server", url}), around);
        server.stop(0);
        here.err().flush();
        System.exit(exit);
    }
}
