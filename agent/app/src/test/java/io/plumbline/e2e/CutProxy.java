package io.plumbline.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A link to an engine that a test can slow, hang, or cut after so many bytes: a TCP proxy on a port
 * of its own. It reads nothing of what it carries.
 */
public final class CutProxy implements AutoCloseable {
    private static final int CHUNK = 16 << 10;

    private static final long NEVER = Long.MAX_VALUE;

    private final SocketAddress target;
    private final ServerSocketChannel listener;
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong received = new AtomicLong();
    private volatile long cutAt = NEVER;
    private volatile boolean cut;
    private volatile boolean hung;
    private volatile long delay;

    /** On loopback, to a TCP port. */
    public CutProxy(String host, int port) {
        this("127.0.0.1", new InetSocketAddress(host, port));
    }

    /** On that address of this machine, to any socket. */
    public CutProxy(String address, SocketAddress target) {
        this.target = target;
        try {
            listener = ServerSocketChannel.open();
            listener.bind(new InetSocketAddress(InetAddress.ofLiteral(address), Workshop.port()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on " + address, e);
        }
        start("proxy", this::accept);
    }

    /** Its end on this side, {@code tcp://ADDRESS:PORT}. */
    public String endpoint() {
        try {
            var a = (InetSocketAddress) listener.getLocalAddress();
            return "tcp://" + a.getAddress().getHostAddress() + ":" + a.getPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Cuts the link as soon as that many bytes more were asked to go to the engine. */
    public void cutAfter(long bytes) {
        cutAt = sent.get() + bytes;
    }

    /** Whether the link is cut: nobody gets through, and nobody is let in. */
    public boolean isCut() {
        return cut;
    }

    /** Bytes that went to the engine so far. */
    public long sent() {
        return sent.get();
    }

    /** Bytes of the engine that arrived here so far. */
    public long received() {
        return received.get();
    }

    /** From now on all is accepted and nothing is carried. */
    public synchronized void hang() {
        hung = true;
    }

    /** From now on all that goes one way takes that long. */
    public void delay(Duration oneWay) {
        delay = oneWay.toNanos();
    }

    /** Carries again, at once. What was open in a cut or a hang stays lost. */
    public void mend() {
        closeAll();
        cutAt = NEVER;
        delay = 0;
        hung = false;
        cut = false;
    }

    private void closeAll() {
        List.copyOf(open).forEach(this::close);
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                var here = listener.accept();
                if (cut) {
                    close(here);
                    continue;
                }
                open.add(here);
                start("proxy link", () -> link(here));
            } catch (IOException e) {
                // The listener was closed.
            }
        }
    }

    private void link(SocketChannel here) {
        try {
            var there = SocketChannel.open(target);
            open.add(there);
            var ends = new CountDownLatch(2);
            carry(here, there, true, ends);
            carry(there, here, false, ends);
            ends.await();
            close(there);
        } catch (IOException e) {
            // The engine is not there, which its client is told by the end.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        close(here);
    }

    /** A chunk and when it may arrive; an empty one is the end. */
    private record Sent(long at, byte[] bytes) {}

    private void carry(SocketChannel from, SocketChannel to, boolean toEngine, CountDownLatch end) {
        var queue = new LinkedBlockingQueue<Sent>();
        start("proxy reads", () -> read(from, queue, toEngine));
        start(
                "proxy writes",
                () -> {
                    write(queue, to, toEngine);
                    end.countDown();
                });
    }

    private void read(SocketChannel from, LinkedBlockingQueue<Sent> queue, boolean toEngine) {
        var buffer = ByteBuffer.allocate(CHUNK);
        try {
            while (from.read(buffer) >= 0) {
                if (toEngine && counted(buffer.position())) {
                    break;
                }
                var bytes = Arrays.copyOf(buffer.array(), buffer.position());
                queue.add(new Sent(System.nanoTime() + delay, bytes));
                buffer.clear();
            }
        } catch (IOException e) {
            // Closed by a cut, or by whom it is of.
        }
        queue.add(new Sent(System.nanoTime() + delay, new byte[0]));
    }

    /** Whether the link was cut by these bytes, which then do not arrive. */
    private boolean counted(int bytes) {
        if (sent.addAndGet(bytes) <= cutAt) {
            return false;
        }
        cut = true;
        closeAll();
        return true;
    }

    /** Whether these bytes go on; counts them. What was counted before a hang still arrives. */
    private synchronized boolean passes(int bytes, boolean toEngine) {
        if (!hung && !toEngine) {
            received.addAndGet(bytes);
        }
        return !hung;
    }

    private void write(LinkedBlockingQueue<Sent> queue, SocketChannel to, boolean toEngine) {
        try {
            for (var next = queue.take(); next.bytes().length > 0; next = queue.take()) {
                while (next.at() - System.nanoTime() > 0) {
                    LockSupport.parkNanos(next.at() - System.nanoTime());
                }
                while (!passes(next.bytes().length, toEngine) && to.isOpen()) {
                    LockSupport.parkNanos(1_000_000);
                }
                var bytes = ByteBuffer.wrap(next.bytes());
                while (bytes.hasRemaining()) {
                    to.write(bytes);
                }
            }
            to.shutdownOutput();
        } catch (IOException e) {
            // Closed meanwhile.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void start(String name, Runnable work) {
        Thread.ofVirtual().name(name).start(work);
    }

    private void close(SocketChannel channel) {
        open.remove(channel);
        try {
            channel.close();
        } catch (IOException e) {
            // It is gone.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        closeAll();
    }
}
