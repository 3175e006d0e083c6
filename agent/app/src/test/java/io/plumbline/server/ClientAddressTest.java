package io.plumbline.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.config.AddressRange;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientAddressTest {
    private static final List<AddressRange> PROXIES =
            List.of(
                    AddressRange.parse("10.0.0.0/8").orElseThrow(),
                    AddressRange.parse("fd00::/8").orElseThrow());
    private final ClientAddress addresses =
            new ClientAddress(a -> PROXIES.stream().anyMatch(p -> p.contains(a)));

    private static List<String> headers(String text) {
        return text == null ? List.of() : List.of(text.split("\\|"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // from no proxy: headers say nothing
                "203.0.113.7; 1.2.3.4; ; 203.0.113.7",
                "203.0.113.7; ; for=1.2.3.4; 203.0.113.7",
                "2001:db8::1; 1.2.3.4; ; 2001:db8:0:0:0:0:0:1",
                // from a proxy: the last one that is no proxy
                "10.0.0.1; ; ; 10.0.0.1",
                "10.0.0.1; 203.0.113.7; ; 203.0.113.7",
                "10.0.0.1; 6.6.6.6, 203.0.113.7; ; 203.0.113.7",
                "10.0.0.1; 6.6.6.6|203.0.113.7, 10.9.9.9; ; 203.0.113.7",
                "10.0.0.1; 203.0.113.7:4711; ; 203.0.113.7",
                "fd00::1; [2001:db8::7]:4711; ; 2001:db8:0:0:0:0:0:7",
                "10.0.0.1; 10.0.0.2, 10.0.0.3; ; 10.0.0.2",
                // what cannot be read
                "10.0.0.1; unknown; ; 10.0.0.1",
                "10.0.0.1; 203.0.113.7, evil.example.com; ; 10.0.0.1",
                "10.0.0.1; 203.0.113.7, ; ; 10.0.0.1",
                // one header of two that differ may be the client's
                "10.0.0.1; 203.0.113.7; for=6.6.6.6; 10.0.0.1",
                "10.0.0.1; 203.0.113.7; for=203.0.113.7; 203.0.113.7",
            })
    void isWhoTheLastTrustedHopSays(
            String connection, String forwardedFor, String forwarded, String expected) {
        assertThat(addresses.of(connection, headers(forwardedFor), headers(forwarded)))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "for=203.0.113.7",
                "For=\"203.0.113.7:80\";proto=http",
                "by=10.0.0.1;for=203.0.113.7",
                "for=6.6.6.6, for=203.0.113.7;host=x"
            })
    void readsTheStandardHeaderToo(String forwarded) {
        assertThat(addresses.of("10.0.0.1", List.of(), List.of(forwarded)))
                .isEqualTo("203.0.113.7");
    }

    @Test
    void countsAnIpv6ClientByItsNetwork() {
        assertThat(ClientAddress.bucket("2001:db8:1:2:3:4:5:6"))
                .isEqualTo(ClientAddress.bucket("2001:db8:1:2:ffff::1"))
                .isNotEqualTo(ClientAddress.bucket("2001:db8:1:3::1"));
        assertThat(ClientAddress.bucket("203.0.113.7")).isEqualTo("203.0.113.7");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "10", "10.1/8", "10.0.0.0/33", "10.0.0.1/8", "x.example.com", "::/129"})
    void aRangeThatIsNoneIsRefused(String text) {
        assertThat(AddressRange.parse(text)).isEmpty();
    }
}
