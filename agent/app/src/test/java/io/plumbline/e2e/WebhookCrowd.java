package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * Strangers who post, each from an address of its own so that no limit by address helps, and what
 * the agent keeps of them.
 */
abstract class WebhookCrowd {
    static final int STRANGERS = 1000;
    static final int LORISES = 500;
    static final long MOST_GROWTH = 32L << 20;

    /** While bodies come, what was read of those that wait is held; never bodies. */
    static final long MOST_UNDER_WAY = 64L << 20;

    private static final byte[] MEBIBYTE = new byte[1 << 20];
    private static final TestEngine ENGINE = TestEngine.shared();
    private static final TestImages IMAGES = new TestImages(ENGINE);
    private static final GitRemote REMOTE = new GitRemote();

    static AgentProcess agent;
    private static long heapBefore;
    private static int addresses;

    @BeforeAll
    static void startAgent() throws Exception {
        REMOTE.commit("Nothing yet", "README.md", "pipelines live here\n");
        var setup = AgentProcess.setup().engine(ENGINE);
        for (var name : List.of("warm", "quiet", "flood", "loris")) {
            setup.repository(name, REMOTE.url(), HookSender.config("24h"));
        }
        agent = setup.env("HOOK_SECRET", HookSender.SECRET).probeImage(IMAGES.busybox()).start();
        // What the JVM compiles and pools at first is not what this is about.
        var flood = new Flood(STRANGERS);
        var host = new HookSender(agent, "warm", address());
        for (int i = 0; i < 100; i++) {
            assertThat(host.push("warm-" + i).status()).isEqualTo(202);
        }
        flood.end();
        heapBefore = heapAfterGc();
    }

    @AfterAll
    static void remove() {
        if (agent != null) {
            agent.close();
        }
        REMOTE.close();
        IMAGES.close();
    }

    static synchronized String address() {
        addresses++;
        return "127.%d.%d.%d"
                .formatted(1 + addresses / 62500, addresses / 250 % 250, 1 + addresses % 250);
    }

    /**
     * Strangers that all post a mebibyte with a forged signature at once, and each again within
     * eight seconds of its answer.
     */
    static final class Flood {
        private static final long LONGEST_PAUSE = 8_000_000_000L;

        private final AtomicBoolean over = new AtomicBoolean();
        private final AtomicInteger believed = new AtomicInteger();
        private final CountDownLatch ended;
        final AtomicInteger posts = new AtomicInteger();

        Flood(int strangers) {
            ended = new CountDownLatch(strangers);
            var random = new Random(7);
            for (int i = 0; i < strangers; i++) {
                var sender = new HookSender(agent, i % 2 == 0 ? "flood" : "nope", address());
                var own = new Random(random.nextLong());
                Thread.ofVirtual().name("stranger-" + i).start(() -> run(sender, own));
            }
        }

        private void run(HookSender sender, Random random) {
            while (!over.get()) {
                post(sender);
                posts.incrementAndGet();
                long until = System.nanoTime() + (long) (random.nextDouble() * LONGEST_PAUSE);
                while (!over.get() && System.nanoTime() < until) {
                    LockSupport.parkNanos(100_000_000);
                }
            }
            ended.countDown();
        }

        private void post(HookSender sender) {
            try (var socket = sender.connect()) {
                socket.setSoTimeout(30_000);
                var out = socket.getOutputStream();
                out.write(sender.head("push", "x", forged(), MEBIBYTE.length));
                out.write(MEBIBYTE);
                if (HookSender.read(socket).status() == 202) {
                    believed.incrementAndGet();
                }
            } catch (IOException e) {
                // Sent away before all was said.
            }
        }

        void end() throws InterruptedException {
            over.set(true);
            assertThat(ended.await(120, TimeUnit.SECONDS)).as("all were answered or cut").isTrue();
            assertThat(believed.get()).as("forged deliveries that were believed").isZero();
        }
    }

    private static String forged() {
        return "sha256=" + "ab".repeat(32);
    }

    /** A thousand bodies of which the last byte is missing, while they are under way. */
    static void halfSent(Runnable meanwhile) throws IOException {
        var sockets = new ArrayList<Socket>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < STRANGERS; i++) {
                var sender = new HookSender(agent, "flood", address());
                var socket = sender.connect();
                sockets.add(socket);
                threads.execute(
                        () -> {
                            try {
                                var out = socket.getOutputStream();
                                out.write(sender.head("push", "x", forged(), MEBIBYTE.length));
                                out.write(MEBIBYTE, 0, MEBIBYTE.length - 1);
                            } catch (IOException e) {
                                // Sent away before all was said.
                            }
                        });
            }
            meanwhile.run();
            for (var socket : sockets) {
                socket.close();
            }
        }
    }

    /** Five hundred that send a byte now and then; all must be cut off, sooner or later. */
    static void slow(Call meanwhile) throws Exception {
        var over = new AtomicBoolean();
        var cut = new CountDownLatch(LORISES);
        for (int i = 0; i < LORISES; i++) {
            var sender = new HookSender(agent, "loris", address());
            boolean inBody = i % 2 == 0;
            Thread.ofVirtual().name("loris-" + i).start(() -> dribble(sender, inBody, over, cut));
        }
        try {
            meanwhile.run();
            assertThat(cut.await(120, TimeUnit.SECONDS))
                    .as("slow senders that were not cut off: " + cut.getCount())
                    .isTrue();
        } finally {
            over.set(true);
        }
    }

    /** What is done meanwhile. */
    @FunctionalInterface
    interface Call {
        void run() throws Exception;
    }

    static void isFlat(String what, long most) {
        long now = heapAfterGc();
        System.out.printf(
                "%s: heap after GC %.1f MB, before %.1f MB%n",
                what, now / 1048576.0, heapBefore / 1048576.0);
        assertThat(now - heapBefore).as("growth of the heap, " + what).isLessThan(most);
    }

    private static long heapAfterGc() {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Program.run(jcmd, Long.toString(agent.pid()), "GC.run");
        return agent.get("/metrics")
                .body()
                .lines()
                .filter(l -> l.startsWith("jvm_memory_used_bytes") && l.contains("area=\"heap\""))
                .mapToLong(l -> (long) Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** A byte a second, in the headers or in the body, until the agent has had enough. */
    private static void dribble(
            HookSender sender, boolean inBody, AtomicBoolean over, CountDownLatch cut) {
        try (var socket = sender.connect()) {
            socket.setSoTimeout(1_000);
            var head = sender.head("push", "x", forged(), 1000);
            var out = socket.getOutputStream();
            out.write(head, 0, inBody ? head.length : head.length - 2);
            out.flush();
            while (!over.get()) {
                out.write('x');
                try {
                    if (socket.getInputStream().read() < 0) {
                        break;
                    }
                } catch (java.net.SocketTimeoutException e) {
                    // Still open.
                }
            }
        } catch (IOException e) {
            // Cut off.
        }
        if (!over.get()) {
            cut.countDown();
        }
    }
}
