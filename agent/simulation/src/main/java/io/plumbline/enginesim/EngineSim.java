package io.plumbline.enginesim;

import io.plumbline.enginesim.SimHttp.Answer;
import io.plumbline.enginesim.SimHttp.Request;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A simulated Docker engine: a server at a unix socket or a loopback port.
 *
 * <p>Usage: {@code try (var sim = EngineSim.start("a")) { sim.image("app:1", "{}"); ... }} with
 * {@code sim.endpoint()} as the engine's endpoint. {@link #fault} switches what it does wrong, also
 * while it is in use; {@link #flap} makes it come and go.
 */
public final class EngineSim implements AutoCloseable {
    private final String name;
    private final SocketAddress address;
    private final @Nullable Path socket;
    private final SimHost host;
    private final SimApi api;
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger requests = new AtomicInteger();
    private volatile SimFault fault = SimFault.NONE;
    private final Map<String, AtomicInteger> hanging = new ConcurrentHashMap<>();
    private final AtomicInteger mostWaiting = new AtomicInteger();
    private volatile @Nullable ServerSocketChannel server;
    private volatile @Nullable Thread flapping;
    private volatile boolean closed;
    private volatile BiConsumer<String, String> hearer = (_, _) -> {};

    private EngineSim(String name, SocketAddress address, @Nullable Path socket) {
        this.name = name;
        this.socket = socket;
        this.host = new SimHost(name);
        this.api = new SimApi(host);
        this.address = listen(address);
    }

    /** One at a unix socket in a new folder. */
    public static EngineSim start(String name) {
        try {
            var socket = Files.createTempDirectory("engine-sim").resolve("docker.sock");
            return new EngineSim(name, UnixDomainSocketAddress.of(socket), socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One at a free loopback port. */
    public static EngineSim startTcp(String name) {
        return new EngineSim(
                name, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), null);
    }

    /** The engine's name. */
    public String name() {
        return name;
    }

    /** As it is written in the configuration. */
    public String endpoint() {
        return address instanceof InetSocketAddress tcp
                ? "tcp://127.0.0.1:" + tcp.getPort()
                : "unix://" + socket;
    }

    /** Connections that are open now. */
    public int openConnections() {
        return open.size();
    }

    /** Connections ever accepted. */
    public int accepted() {
        return accepted.get();
    }

    /** Requests ever read. */
    public int requests() {
        return requests.get();
    }

    /** Gets method and path of each request from now on, before it is answered. */
    public void hear(BiConsumer<String, String> next) {
        hearer = next;
    }

    /** Event streams that are open now. */
    public int listeners() {
        return host.events.listeners();
    }

    /** Containers that are there. */
    public int containers() {
        return host.count();
    }

    /** Its clock goes wrong by that much. */
    public void skew(Duration by) {
        api.skew(by);
    }

    // ---- what is on it

    /** An image that was made here; {@code config} is JSON of its {@code Config}. */
    public EngineSim image(String tag, String config) {
        host.add(SimImage.local(tag, config));
        return this;
    }

    /** The same with an id of the caller's. */
    public EngineSim image(String id, String tag, String config) {
        host.add(new SimImage(id, List.of(tag), List.of(), SimJson.object(config)));
        return this;
    }

    /** An image that a registry gave: known by tag and digest. */
    public EngineSim pulledImage(String tag, String config) {
        host.add(SimImage.pulled(tag, config));
        return this;
    }

    /** An image that can be pulled. */
    public EngineSim registryHas(String tag, String config) {
        api.registryHas(SimImage.pulled(tag, config));
        return this;
    }

    /** The id of the image of that tag. */
    public String imageId(String tag) {
        return host.image(tag).id();
    }

    /** The digest of the pulled image of that tag. */
    public String imageDigest(String tag) {
        return host.image(tag).digest();
    }

    /** What many containers have in common, from the body of a create request. */
    public Template template(String createBody) {
        var body = SimJson.object(createBody);
        return new Template(SimShape.of(host.image(body.path("Image").asText()), body));
    }

    /** See {@link #template}. */
    public static final class Template {
        private final SimShape shape;

        private Template(SimShape shape) {
            this.shape = shape;
        }
    }

    /**
     * Puts a running container there, without events.
     *
     * @param aliases on its network
     * @return its id
     */
    public String running(
            String containerName,
            Template template,
            Map<String, String> labels,
            List<String> aliases) {
        var c = host.put(containerName, template.shape, new TreeMap<>(labels));
        synchronized (host) {
            c.networks.replaceAll(
                    (n, e) ->
                            host.networks.joined(
                                    n,
                                    new SimContainer.Endpoint(
                                            e.networkId(),
                                            aliases,
                                            e.wanted(),
                                            e.id(),
                                            e.address())));
            c.state = "running";
            c.started = SimHost.now();
            c.health = c.checked() ? "healthy" : "";
        }
        return c.id;
    }

    /** Makes a network as {@code POST /networks/create} does. */
    public String network(String networkName, Map<String, String> labels) {
        var body = SimJson.MAPPER.createObjectNode().put("Name", networkName);
        var said = body.putObject("Labels");
        new TreeMap<>(labels).forEach(said::put);
        return host.networks.create(body);
    }

    // ---- what happens on it

    /** A container's process ends by itself. */
    public void end(String idOrName, int exitCode) {
        host.end(idOrName, exitCode);
    }

    /** Somebody stops a container. */
    public void stop(String idOrName) {
        host.stop(idOrName);
    }

    /** Somebody starts a container. */
    public void startContainer(String idOrName) {
        host.start(idOrName);
    }

    /** Somebody freezes a container. */
    public void pause(String idOrName) {
        host.pause(idOrName, true);
    }

    /** The engine's check says so from now on: healthy, unhealthy. */
    public void health(String idOrName, String verdict) {
        host.health(idOrName, verdict);
    }

    // ---- what goes wrong

    /** From now on it behaves like that. */
    public void fault(SimFault next) {
        fault = next;
        switch (next) {
            case SimFault.Refuse _ -> {
                stopListening();
                cutAll();
            }
            case SimFault.Cut _, SimFault.Garbage _ -> {
                listenAgain();
                cutAll();
            }
            case SimFault.None _, SimFault.Slow _, SimFault.Held _, SimFault.Hang _ ->
                    listenAgain();
        }
    }

    /** From now on requests for that path are not answered; all others are. */
    public void hang(String path) {
        hanging.put(path, new AtomicInteger());
    }

    /** The most requests for one hanging path that ever waited at the same time. */
    public int mostWaiting() {
        return mostWaiting.get();
    }

    /** Every path is answered again. */
    public void answerAll() {
        hanging.clear();
    }

    /** Refuses and answers by turns, each for that long, until {@link #fault} or the end. */
    public void flap(Duration every) {
        var thread = Thread.ofVirtual().name("sim-flap-" + name).unstarted(() -> flapping(every));
        flapping = thread;
        thread.start();
    }

    private void flapping(Duration every) {
        while (!closed && Thread.currentThread() == flapping) {
            fault(new SimFault.Refuse());
            LockSupport.parkNanos(every.toNanos());
            fault(SimFault.NONE);
            LockSupport.parkNanos(every.toNanos());
        }
    }

    /** Ends {@link #flap}; it answers. */
    public void steady() {
        flapping = null;
        fault(SimFault.NONE);
    }

    private void cutAll() {
        open.forEach(EngineSim::closeQuietly);
    }

    private synchronized SocketAddress listen(SocketAddress at) {
        try {
            ServerSocketChannel channel;
            if (socket == null) {
                channel = ServerSocketChannel.open();
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            } else {
                Files.deleteIfExists(socket);
                channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            }
            channel.bind(at, 200);
            server = channel;
            Thread.ofVirtual().name("sim-accept-" + name).start(() -> accept(channel));
            return socket == null ? channel.getLocalAddress() : at;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized void listenAgain() {
        if (server == null && !closed) {
            listen(address);
        }
    }

    private synchronized void stopListening() {
        var listening = server;
        server = null;
        if (listening != null) {
            closeQuietly(listening);
        }
    }

    private void accept(ServerSocketChannel channel) {
        while (true) {
            try {
                var connection = channel.accept();
                accepted.incrementAndGet();
                open.add(connection);
                Thread.ofVirtual().name("sim-serve-" + name).start(() -> serve(connection));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(SocketChannel connection) {
        try (var http = new SimHttp(connection)) {
            while (true) {
                var request = http.read();
                if (request == null) {
                    return;
                }
                requests.incrementAndGet();
                hearer.accept(request.method(), request.path());
                if (!answered(http, request) || request.last()) {
                    return;
                }
            }
        } catch (IOException e) {
            // The other side is gone, or was cut off: what such a test is about.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(connection);
        }
    }

    private boolean answered(SimHttp http, Request request)
            throws IOException, InterruptedException {
        var hangs = hanging.get(request.path());
        if (hangs != null) {
            mostWaiting.accumulateAndGet(hangs.incrementAndGet(), Math::max);
            http.untilGone();
            hangs.decrementAndGet();
            return false;
        }
        switch (fault) {
            case SimFault.Hang _ -> {
                http.untilGone();
                return false;
            }
            case SimFault.Slow s -> Thread.sleep(s.by());
            case SimFault.Held h -> h.until().await();
            case SimFault.Garbage _ -> {
                if (requests.get() % 2 == 0) {
                    http.raw("\u0001\u0002 this is no HTTP at all\r\n\r\n");
                } else {
                    http.write(Answer.json(200, "<html>Bad luck</html>"));
                }
                return false;
            }
            case SimFault.Cut _ -> {
                if (SimApi.isStream(request)) {
                    http.beginStream("application/json");
                } else {
                    http.writeHalf(api.answer(request));
                }
                return false;
            }
            case SimFault.None _, SimFault.Refuse _ -> {}
        }
        if (SimApi.isStream(request)) {
            api.stream(request, http, this::held);
            return false;
        }
        http.write(api.answer(request));
        return true;
    }

    private void held() {
        while (fault instanceof SimFault.Hang && !closed) {
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    private static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            // It is being given up.
            return;
        }
    }

    @Override
    public void close() {
        closed = true;
        flapping = null;
        stopListening();
        cutAll();
        if (socket != null) {
            try {
                Files.deleteIfExists(socket);
                var folder = socket.getParent();
                if (folder != null) {
                    Files.deleteIfExists(folder);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
