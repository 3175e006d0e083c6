package io.plumbline.adapter.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The transfer of bytes between a local connection and a channel, until both sides have ended.
 *
 * <ol>
 *   <li>Bytes of one side go to the other as fast as that takes them: the channel's window and the
 *       socket's buffer slow the faster side.
 *   <li>The end of one direction is passed on, and the other continues, because the answer may
 *       still come after the end of the request. If the answer has ended, too, the close of the
 *       channel is sufficient. An end that crosses that close arrives for a closed channel, and
 *       OpenSSH then ends the whole connection with all its channels. So the end waits for a short
 *       time.
 *   <li>A local side that closed completely looks the same. So the channel is closed if the local
 *       side has ended and nothing came from the engine for a while.
 *   <li>If the engine's side has ended, or anything fails, both are closed.
 * </ol>
 */
final class SshRelay implements AutoCloseable {
    private static final int CHUNK = 32 << 10;
    private static final Duration SILENCE = Duration.ofSeconds(15);

    /** Time after the local side's end in which an engine may end its side by itself. */
    private static final Duration ENDING = Duration.ofMillis(500);

    private final SocketChannel local;
    private final SshSession session;
    private final SshSession.Way way;
    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicLong received = new AtomicLong();
    private volatile boolean localEnded;

    SshRelay(SocketChannel local, SshSession session, SshSession.Way way) {
        this.local = local;
        this.session = session;
        this.way = way;
    }

    /**
     * Runs to the end; only {@link #close} closes both sides.
     *
     * @return the problem on the host, if nothing came from there; null otherwise
     */
    @Nullable String run(SshTarget target) {
        try {
            Thread.ofVirtual().name("engine-" + target.engine() + "-ssh-out").start(this::toEngine);
            Thread.ofVirtual()
                    .name("engine-" + target.engine() + "-ssh-in")
                    .start(this::fromEngine);
            awaitEnd();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return received.get() > 0 ? null : trouble(target);
    }

    private void awaitEnd() throws InterruptedException {
        long before = -1;
        while (!over.await(SILENCE.toMillis(), TimeUnit.MILLISECONDS)) {
            long now = received.get();
            if (localEnded && now == before) {
                return;
            }
            before = localEnded ? now : -1;
        }
    }

    private String trouble(SshTarget target) {
        String complaint = way.complaint();
        if (!session.isOpen()) {
            return "the ssh connection was lost";
        }
        return "the host gives no way to "
                + target.socket()
                + ": its sshd must forward sockets (AllowStreamLocalForwarding) and user "
                + target.user()
                + " may use that one, or `docker system dial-stdio` must work there"
                + (complaint.isEmpty() ? "" : "; it said: " + complaint);
    }

    private void toEngine() {
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
        OutputStream out = way.channel().getInvertedIn();
        try {
            while (local.read(buffer) >= 0) {
                out.write(buffer.array(), 0, buffer.position());
                out.flush();
                buffer.clear();
            }
            if (!over.await(ENDING.toMillis(), TimeUnit.MILLISECONDS)) {
                out.close();
            }
        } catch (IOException e) {
            // The other direction reports the failure, if there is one.
            over.countDown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            localEnded = true;
        }
    }

    private void fromEngine() {
        byte[] chunk = new byte[CHUNK];
        try (InputStream in = way.channel().getInvertedOut()) {
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                if (received.getAndAdd(n) == 0) {
                    way.works().run();
                }
                ByteBuffer bytes = ByteBuffer.wrap(chunk, 0, n);
                while (bytes.hasRemaining()) {
                    local.write(bytes);
                }
            }
        } catch (IOException e) {
            // The client has gone, or the connection was lost: both end here.
        } finally {
            over.countDown();
        }
    }

    @Override
    public void close() {
        over.countDown();
        // A regular close, so that the host is informed and ends its side of this channel.
        way.channel().close(false);
        try {
            local.close();
        } catch (IOException e) {
            // The connection is given up.
        }
    }
}
