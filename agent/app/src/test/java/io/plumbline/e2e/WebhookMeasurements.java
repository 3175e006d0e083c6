package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * How long deliveries of an honest host take while strangers post, too. Run by {@code scripts/bench
 * webhooks}; no part of the tests. Beside each figure stands what the same client measured against
 * somebody who only echoes: what the machine itself needed just then.
 */
class WebhookMeasurements extends WebhookCrowd {
    /**
     * What the 99th of a hundred deliveries takes at most, on a machine with nothing else to do.
     */
    private static final Duration PROMISED = Duration.ofMillis(50);

    /** Many, because the four or so that meet the first burst are among them. */
    private static final int SAMPLES = 640;

    private static final Duration PACE = Duration.ofMillis(35);

    /**
     * How long deliveries took, connecting included.
     *
     * @param machine the 99th of a hundred exchanges with the echo
     */
    private record Timing(Duration median, Duration p99, Duration machine) {
        @Override
        public String toString() {
            return "median %.1f ms, p99 %.1f ms (echo %.1f ms)"
                    .formatted(
                            median.toNanos() / 1e6, p99.toNanos() / 1e6, machine.toNanos() / 1e6);
        }
    }

    private static Timing deliver(String repository, int samples) throws IOException {
        var address = address();
        var host = new HookSender(agent, repository, address);
        var deliveries = new long[samples];
        var machine = new long[samples];
        try (var echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().name("echo").start(() -> answer(echo));
            for (int i = 0; i < samples; i++) {
                long began = System.nanoTime();
                var answer = host.push(address + "-" + i);
                deliveries[i] = System.nanoTime() - began;
                assertThat(answer.status()).as(answer.text()).isEqualTo(202);
                began = System.nanoTime();
                try (var socket = new Socket(echo.getInetAddress(), echo.getLocalPort())) {
                    socket.getOutputStream().write(new byte[300]);
                    assertThat(socket.getInputStream().readAllBytes()).hasSize(300);
                }
                machine[i] = System.nanoTime() - began;
                LockSupport.parkNanos(PACE.toNanos());
            }
        }
        return new Timing(share(deliveries, 0.5), share(deliveries, 0.99), share(machine, 0.99));
    }

    private static void answer(ServerSocket echo) {
        while (!echo.isClosed()) {
            try (var socket = echo.accept()) {
                socket.getOutputStream().write(socket.getInputStream().readNBytes(300));
            } catch (IOException e) {
                // Closed, or the next one.
            }
        }
    }

    private static Duration share(long[] nanos, double share) {
        var sorted = nanos.clone();
        Arrays.sort(sorted);
        return Duration.ofNanos(sorted[(int) Math.ceil(sorted.length * share) - 1]);
    }

    private static void tell(String what, Timing timing) {
        System.out.printf("webhooks: %s: %d deliveries, %s%n", what, SAMPLES, timing);
        assertThat(timing.p99()).as(what + ", p99").isLessThan(PROMISED);
    }

    @Test
    void deliveriesAreQuickWhileStrangersAreTurnedAway() throws Exception {
        System.out.println("webhooks: without load: " + deliver("quiet", 150));
        var flood = new Flood(STRANGERS);
        var flooded = deliver("flood", SAMPLES);
        flood.end();
        System.out.printf("webhooks: %d posts of 1 MiB in the flood%n", flood.posts.get());
        tell("a thousand strangers that post a mebibyte each", flooded);
        slow(() -> tell("five hundred slow senders", deliver("loris", SAMPLES)));
    }
}
