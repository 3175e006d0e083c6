package io.plumbline.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A TCP link with a latency: a port of this machine that passes on, half a round trip later, what
 * comes and goes. Loopback opens a connection at once, so the first bytes wait for the round trip
 * that opening takes on such a link. It has no limit of throughput and loses nothing.
 */
public final class DelayedLink implements AutoCloseable {
    private final ServerSocket server;
    private final int port;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();
    private volatile long tripNanos;

    private record Bytes(byte[] data, long due) {}

    /** One to a port of this machine, without latency at first. */
    public DelayedLink(int port) {
        this.port = port;
        try {
            server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    /** Sets the time of a round trip, for connections that are open, too. */
    public void roundTrip(Duration trip) {
        tripNanos = trip.toNanos();
    }

    /** Returns the port to connect to. */
    public int port() {
        return server.getLocalPort();
    }

    /** Returns how many connections there have been. */
    public int accepted() {
        return accepted.get();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                connect(server.accept());
            } catch (IOException e) {
                // It was closed, or the far end does not listen: the near end sees that.
                LockSupport.parkNanos(1);
            }
        }
    }

    private void connect(Socket near) throws IOException {
        accepted.incrementAndGet();
        open.add(near);
        var far = new Socket(InetAddress.getLoopbackAddress(), port);
        open.add(far);
        near.setTcpNoDelay(true);
        far.setTcpNoDelay(true);
        pass(near, far, System.nanoTime() + tripNanos);
        pass(far, near, 0);
    }

    private void pass(Socket from, Socket to, long notBefore) {
        var queue = new LinkedBlockingQueue<Bytes>();
        Thread.ofVirtual().start(() -> read(from, queue, notBefore));
        Thread.ofVirtual().start(() -> write(to, queue));
    }

    private void read(Socket from, LinkedBlockingQueue<Bytes> queue, long notBefore) {
        byte[] buffer = new byte[65536];
        try {
            InputStream in = from.getInputStream();
            for (int n; (n = in.read(buffer)) >= 0; ) {
                long due = Math.max(System.nanoTime(), notBefore) + tripNanos / 2;
                queue.add(new Bytes(Arrays.copyOf(buffer, n), due));
            }
        } catch (IOException e) {
            // Broken off is passed on as the end.
            queue.add(new Bytes(new byte[0], System.nanoTime() + tripNanos / 2));
            return;
        }
        queue.add(new Bytes(new byte[0], System.nanoTime() + tripNanos / 2));
    }

    private void write(Socket to, LinkedBlockingQueue<Bytes> queue) {
        try (to) {
            OutputStream out = to.getOutputStream();
            while (true) {
                var bytes = queue.take();
                for (long left; (left = bytes.due() - System.nanoTime()) > 0; ) {
                    LockSupport.parkNanos(left);
                }
                if (bytes.data().length == 0) {
                    return;
                }
                out.write(bytes.data());
            }
        } catch (IOException e) {
            // Nobody reads any more.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(to);
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            for (var socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
