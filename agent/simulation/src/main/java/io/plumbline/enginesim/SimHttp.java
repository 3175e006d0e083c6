package io.plumbline.enginesim;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One connection of HTTP/1.1 (RFC 9112), as much of it as an engine's clients need. */
final class SimHttp implements Closeable {
    private static final int LONGEST_LINE = 64 << 10;

    private final SocketChannel channel;
    private final InputStream in;
    private final OutputStream out;

    /**
     * A request.
     *
     * @param path decoded, without the API version
     * @param query decoded
     */
    record Request(
            String method, String path, Map<String, String> query, byte[] body, boolean last) {
        String query(String key) {
            return query.getOrDefault(key, "");
        }

        boolean is(String key) {
            var value = query(key);
            return value.equals("1") || value.equalsIgnoreCase("true");
        }
    }

    /** An answer that is not a stream. */
    record Answer(int status, String type, byte[] body) {
        static Answer json(int status, String body) {
            return new Answer(status, "application/json", body.getBytes(StandardCharsets.UTF_8));
        }

        static Answer empty(int status) {
            return new Answer(status, "text/plain", new byte[0]);
        }
    }

    SimHttp(SocketChannel channel) {
        this.channel = channel;
        this.in = new BufferedInputStream(Channels.newInputStream(channel));
        this.out = new BufferedOutputStream(Channels.newOutputStream(channel));
    }

    /** The next request; null when the other side has closed. */
    @Nullable Request read() throws IOException {
        var first = line();
        if (first == null) {
            return null;
        }
        var words = first.split(" ");
        if (words.length != 3) {
            throw new IOException("no request: " + first);
        }
        var headers = new HashMap<String, String>();
        for (var line = line(); line != null && !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        var target = words[1].split("\\?", 2);
        return new Request(
                words[0],
                decoded(target[0]).replaceFirst("^/v[0-9.]+/", "/"),
                target.length > 1 ? query(target[1]) : Map.of(),
                body(headers),
                headers.getOrDefault("connection", "").equalsIgnoreCase("close"));
    }

    private static String decoded(String path) {
        return URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static Map<String, String> query(String text) {
        var query = new TreeMap<String, String>();
        for (var pair : text.split("&")) {
            var parts = pair.split("=", 2);
            query.put(
                    URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
                    parts.length > 1 ? URLDecoder.decode(parts[1], StandardCharsets.UTF_8) : "");
        }
        return query;
    }

    private @Nullable String line() throws IOException {
        var line = new ByteArrayOutputStream(80);
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                return null;
            }
            if (line.size() > LONGEST_LINE) {
                throw new IOException("a line without an end");
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    private byte[] body(Map<String, String> headers) throws IOException {
        if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
            var all = new ByteArrayOutputStream();
            for (int size = chunkSize(); size > 0; size = chunkSize()) {
                all.write(in.readNBytes(size));
                line();
            }
            line();
            return all.toByteArray();
        }
        return in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
    }

    private int chunkSize() throws IOException {
        var line = line();
        if (line == null) {
            throw new EOFException("the body ends within");
        }
        return Integer.parseInt(line.split(";")[0].strip(), 16);
    }

    void write(Answer answer) throws IOException {
        head(answer.status(), answer.type(), "Content-Length: " + answer.body().length);
        out.write(answer.body());
        out.flush();
    }

    /** The head and half of the body, then nothing. */
    void writeHalf(Answer answer) throws IOException {
        head(answer.status(), answer.type(), "Content-Length: " + (answer.body().length + 10));
        out.write(answer.body(), 0, answer.body().length / 2);
        out.flush();
    }

    void raw(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    void beginStream(String type) throws IOException {
        head(200, type, "Transfer-Encoding: chunked");
        out.flush();
    }

    void chunk(byte[] bytes) throws IOException {
        if (bytes.length > 0) {
            out.write(
                    (Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.UTF_8));
            out.write(bytes);
            out.write("\r\n".getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
    }

    void endStream() throws IOException {
        raw("0\r\n\r\n");
    }

    private void head(int status, String type, String length) throws IOException {
        boolean none = status == 204 || status == 304;
        out.write(
                ("HTTP/1.1 "
                                + status
                                + " X\r\nApi-Version: 1.41\r\nOstype: linux\r\n"
                                + "Server: Docker/20.10.24 (linux)\r\nContent-Type: "
                                + type
                                + "\r\n"
                                + (none ? "" : length + "\r\n")
                                + "\r\n")
                        .getBytes(StandardCharsets.UTF_8));
    }

    /** Blocks until the other side has gone away. */
    void untilGone() throws IOException {
        in.transferTo(OutputStream.nullOutputStream());
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
