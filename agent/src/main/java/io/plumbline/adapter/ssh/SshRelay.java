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
 * Bytes between a local connection and a channel, until both sides are done.
 *
 * <ol>
 *   <li>What one side sends goes to the other as fast as that takes it: the channel's window and
 *       the socket's buffer hold the faster one back.
 *   <li>The end of one direction is passed on, the other goes on: a request may be over and its
 *       answer still come. Where the answer is over as well, the close of the channel says it all:
 *       an end that crosses it arrives for a channel that is no more, and OpenSSH then ends the
 *       whole connection with every other channel in it. So the end waits a little for that.
 *   <li>A local side that closed altogether looks the same. So once it has ended, and nothing came
 *       from the engine for a while, the channel is closed.
 *   <li>When the engine's side has ended, or anything fails, both are closed.
 * </ol>
 */
final class SshRelay implements AutoCloseable {
    private static final int CHUNK = 32 << 10;
    private static final Duration SILENCE = Duration.ofSeconds(15);

    /** How long after the local side an engine ends its side by itself, if it does. */
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
     * Runs to the end; both sides are closed by {@link #close} only.
     *
     * @return what is wrong on the host, where nothing came from there; null else
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
            // The other direction says what happened, if anything did.
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
        // In order: only so the host learns of it, and ends what it has for this channel.
        way.channel().close(false);
        try {
            local.close();
        } catch (IOException e) {
            // It is being given up.
        }
    }
}
