package io.plumbline.server;

import io.plumbline.port.Control;
import io.plumbline.port.Control.ArtifactBytes;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The routes for runs of steps, for artifacts and for the graph of a pipeline. */
final class RunRoutes {
    private static final int MOST_RECORDS = 1000;
    private static final int CHUNK = 64 * 1024;
    private static final Pattern DIGEST = Pattern.compile("(sha256:)?[0-9a-f]{4,64}");

    private final Control control;

    RunRoutes(Control control) {
        this.control = control;
    }

    List<Route> routes(Requests requests) {
        return List.of(
                Route.pipeline("/runs", requests.question(this::runs)),
                Route.pipeline("/runs/:number", requests.question(this::run)),
                Route.pipeline("/artifacts", requests.question(this::artifacts)),
                Route.pipeline("/artifacts/:digest", requests.stream(this::artifact)),
                Route.pipeline("/graph", requests.question(this::graph)));
    }

    private ApiResponse runs(ApiRequest ask) {
        var limit = (int) ask.number("limit", 50, 1, MOST_RECORDS);
        return ApiResponse.json(control.runs(ask.pipeline(), limit));
    }

    private ApiResponse run(ApiRequest ask) {
        return ApiResponse.json(control.run(ask.pipeline(), number(ask)));
    }

    private static long number(ApiRequest ask) {
        try {
            return Long.parseLong(String.valueOf(ask.context().pathParam("number")));
        } catch (NumberFormatException e) {
            throw ApiError.notFound("no such run: a run has a number, from 1 in each pipeline");
        }
    }

    private ApiResponse artifacts(ApiRequest ask) {
        return ApiResponse.json(control.artifacts(ask.pipeline()));
    }

    private ApiResponse graph(ApiRequest ask) {
        return ApiResponse.json(control.graph(ask.pipeline()));
    }

    /** Streams an artifact. A folder is a tar archive. The bytes are never in memory as a whole. */
    private void artifact(ApiRequest ask) throws Exception {
        var digest = String.valueOf(ask.context().pathParam("digest"));
        if (!DIGEST.matcher(digest).matches()) {
            throw ApiError.badRequest(
                    "digest must be at least 4 and at most 64 hex digits, sha256: may be before"
                            + " them");
        }
        var found = control.artifact(ask.pipeline(), digest);
        var headers = new LinkedHashMap<String, String>();
        headers.put("ETag", '"' + found.digest() + '"');
        headers.put("Cache-Control", "private, no-store");
        try {
            switch (found) {
                case ArtifactBytes.OfFile file -> file(ask, file, headers);
                case ArtifactBytes.OfFolder folder -> folder(ask, folder, headers);
            }
        } catch (InterruptedException e) {
            // The reader disconnected, or the server closes.
        }
    }

    private static void file(ApiRequest ask, ArtifactBytes.OfFile file, Map<String, String> headers)
            throws IOException, InterruptedException {
        headers.put("Content-Type", "application/octet-stream");
        headers.put("Content-Length", String.valueOf(file.bytes().size()));
        try (var in = file.bytes().open();
                var out = new Outlet(ask.request(), headers)) {
            copy(in, out);
            out.finish();
        }
    }

    private static void folder(
            ApiRequest ask, ArtifactBytes.OfFolder folder, Map<String, String> headers)
            throws IOException, InterruptedException {
        headers.put("Content-Type", "application/x-tar");
        try (var out = new Outlet(ask.request(), headers)) {
            for (var part : folder.parts()) {
                long size = part.bytes().size();
                out.write(Buffer.buffer(TarHeader.of(part.path(), part.executable(), size)));
                try (var in = part.bytes().open()) {
                    copy(in, out);
                }
                out.write(Buffer.buffer(TarHeader.padding(size)));
            }
            out.write(Buffer.buffer(TarHeader.end()));
            out.finish();
        }
    }

    private static void copy(InputStream in, Outlet out) throws IOException, InterruptedException {
        // A buffer of its own for each write: it is sent without a copy.
        for (var bytes = in.readNBytes(CHUNK); bytes.length > 0; bytes = in.readNBytes(CHUNK)) {
            out.write(Buffer.buffer(bytes));
        }
    }
}
