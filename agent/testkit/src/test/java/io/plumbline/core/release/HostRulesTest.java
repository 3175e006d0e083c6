package io.plumbline.core.release;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.manifest.Logging;
import io.plumbline.manifest.SecretMount;
import io.plumbline.testkit.Releases;
import io.plumbline.testkit.ServiceBuilder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each option and key that reaches an engine's machine, permitted and refused. */
class HostRulesTest {

    private static List<String> logging(String driver, Map<String, String> options) {
        return LogDriverRule.plain(driver)
                .violations(
                        new Logging(driver, new TreeMap<>(options)),
                        List.of(new SecretMount.AsEnv("key", "API_KEY")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "max-size|10m",
                "max-size|100m",
                "max-size|100MB",
                "max-size|1.5k",
                "max-size|104857600",
                "max-file|1",
                "max-file|100",
                "compress|true",
                "mode|non-blocking",
                "max-buffer-size|4m",
                "labels|team,app",
                "env|OS,USER",
                "tag|app/{{.Name}}-{{ .ID }}",
            })
    void withinTheLimits(String option, String value) {
        assertThat(logging("json-file", Map.of(option, value))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "max-size|-1",
                "max-size|0",
                "max-size|101m",
                "max-size|1g",
                "max-size|1e9",
                "max-size|9999999999999999",
                "max-file|0",
                "max-file|101",
                "max-file|-1",
                "compress|maybe",
                "mode|other",
                "max-buffer-size|2g",
                "env|OS, API_KEY",
                "env-regex|.*",
                "labels-regex|.*",
                "fluentd-address|unix:///root/only.sock",
                "gelf-address|udp://10.0.0.1:1",
                "tag|{{pad \"\" 10000000000 0}}",
                "tag|{{printf \"%1000000000d\" 1}}",
                "tag|{{.ExtraAttributes}}",
                "tag|{{.Name",
            })
    void beyondTheLimits(String option, String value) {
        assertThat(logging("json-file", Map.of(option, value)))
                .singleElement()
                .asString()
                .contains("log option " + option, "allow.logDrivers");
    }

    @Test
    void anOperatorsPatternsTakeThePlaceOfTheLimits() {
        var rule =
                new LogDriverRule(
                        "fluentd",
                        new TreeMap<>(
                                Map.of(
                                        "fluentd-address", List.of("tcp://logs:*", "tcp://b:1"),
                                        "max-buffer-size", List.of("*"))));
        var fits =
                new Logging(
                        "fluentd",
                        new TreeMap<>(
                                Map.of(
                                        "fluentd-address", "tcp://logs:24224",
                                        "max-buffer-size", "2g")));
        var other =
                new Logging(
                        "fluentd",
                        new TreeMap<>(Map.of("fluentd-address", "unix:///root/only.sock")));
        assertThat(rule.violations(fits, List.of())).isEmpty();
        assertThat(rule.violations(other, List.of()))
                .singleElement()
                .asString()
                .contains("matches none of tcp://logs:*, tcp://b:1");
    }

    @ParameterizedTest
    @CsvSource({
        "team,true",
        "com.example.owner,true",
        "traefik.http.routers.a.rule,false",
        "com.centurylinklabs.watchtower.enable,false",
        "ofelia.job-local.a.command,false",
        "caddy,false",
        "caddy_0,false",
        "caddyfile,true",
        "com.docker.compose.project,false",
    })
    void labelsThatOtherToolsObeyAreNotAllowedByDefault(String key, boolean may) {
        assertThat(HostRules.LABELS.allows(key)).isEqualTo(may);
    }

    @Test
    void whatAnOperatorSetsTakesThePlaceOfTheDefault() {
        assertThat(KeyPatterns.of("*").allows("traefik.enable")).isTrue();
        assertThat(KeyPatterns.of("team", "traefik.*", "!traefik.tcp.*").allows("traefik.tcp.x"))
                .isFalse();
        assertThat(KeyPatterns.of("team").allows("owner")).isFalse();
    }

    @Test
    void anImageMayHaveLabelsThatNoListNamesButNoneThatToolsObey() {
        var strict = new HostRules(null, KeyPatterns.of("team"), null, null, new TreeMap<>());
        assertThat(strict.inImage(Set.of("maintainer"), Set.of("PATH"))).isEmpty();
        assertThat(strict.inImage(Set.of("traefik.enable"), Set.of())).isPresent();
        assertThat(HostRules.DEFAULT.inImage(Set.of(), Set.of("VIRTUAL_HOST"))).isPresent();
        assertThat(HostRules.DEFAULT.exempting().inImage(Set.of("traefik.enable"), Set.of()))
                .isEmpty();
        var byCompose = Set.of("com.docker.compose.project", "com.docker.compose.version");
        assertThat(HostRules.DEFAULT.inImage(byCompose, Set.of())).isEmpty();
        assertThat(HostRules.DEFAULT.inImage(Set.of("com.docker.compose.oneoff"), Set.of()))
                .isPresent();
        var all = new HostRules(null, KeyPatterns.of("*"), null, null, new TreeMap<>());
        assertThat(all.inImage(Set.of("traefik.enable"), Set.of())).isEmpty();
    }

    private static List<HostRules.Finding> sysctls(HostRules rules, String... names) {
        var values = new TreeMap<String, String>();
        for (var name : names) {
            values.put(name, "1");
        }
        var service = ServiceBuilder.service("web").field("sysctls", values);
        return rules.findings(Releases.release("shop", service).services().getFirst().spec());
    }

    @Test
    void aPlainFieldWithAPermissionNeedsItForEachName() {
        var refused =
                new HostRules.Finding(
                        "kernel parameter net.ipv4.tcp_syncookies is not in the repository's"
                                + " allow.sysctls",
                        true);
        assertThat(sysctls(HostRules.DEFAULT, "net.ipv4.tcp_syncookies")).containsExactly(refused);
        var some = new TreeMap<>(Map.of("sysctls", KeyPatterns.of("net.core.*", "kernel.sem")));
        var rules = new HostRules(null, null, null, null, some);
        assertThat(sysctls(rules, "net.core.somaxconn", "kernel.sem")).isEmpty();
        assertThat(sysctls(rules, "net.core.somaxconn", "net.ipv4.tcp_syncookies"))
                .containsExactly(refused);
        assertThat(sysctls(rules.exempting(), "net.ipv4.tcp_syncookies")).containsExactly(refused);
    }
}
