package io.plumbline.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.port.Ticker;
import io.plumbline.testkit.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailedLoginsTest {
    private long nanos = 42;
    private final FailedLogins logins =
            new FailedLogins(
                    new Ticker() {
                        @Override
                        public long nanos() {
                            return nanos;
                        }

                        @Override
                        public Instant now() {
                            return Sample.AT;
                        }
                    });

    private void pass(Duration time) {
        nanos += time.toNanos();
    }

    @Test
    void theSixthFailureClosesTheAddressLongerEachTime() {
        var waits = new ArrayList<Integer>();
        for (int i = 0; i < 14; i++) {
            waits.add(logins.failed("a").waitSeconds());
        }
        assertThat(waits).isEqualTo(List.of(0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60));
        assertThat(logins.closed("a")).isEqualTo(60);
        assertThat(logins.closed("b")).isZero();
        pass(Duration.ofSeconds(59));
        assertThat(logins.closed("a")).isEqualTo(1);
        pass(Duration.ofSeconds(1));
        assertThat(logins.closed("a")).isZero();
    }

    @Test
    void aBurstIsToldOnceAndForgottenAfterAWhile() {
        var bursts = new ArrayList<Integer>();
        for (int i = 1; i <= 10; i++) {
            if (logins.failed("a").burst()) {
                bursts.add(i);
            }
        }
        assertThat(bursts).containsExactly(6);
        pass(Duration.ofMinutes(16));
        assertThat(logins.failed("a").waitSeconds()).isZero();
    }

    @Test
    void aFloodFromManyAddressesIsBounded() {
        int told = 0;
        for (int a = 0; a < 20_000; a++) {
            for (int i = 0; i < 6; i++) {
                told += logins.failed("address " + a).burst() ? 1 : 0;
            }
        }
        assertThat(told).isEqualTo(60);
        assertThat(logins.addresses()).isEqualTo(10_000);
        pass(Duration.ofMinutes(61));
        for (int i = 0; i < 5; i++) {
            logins.failed("later");
        }
        assertThat(logins.failed("later").burst()).isTrue();
    }
}
