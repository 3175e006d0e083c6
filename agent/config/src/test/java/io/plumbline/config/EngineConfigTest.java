package io.plumbline.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.config.AgentConfig.EngineEntry;
import io.plumbline.config.AgentConfig.SecretSource;
import io.plumbline.config.EngineOptions.Capacity;
import io.plumbline.config.EngineOptions.OverPlainTcp;
import io.plumbline.config.EngineOptions.OverSsh;
import io.plumbline.config.EngineOptions.OverTls;
import io.plumbline.config.EngineOptions.OverUnix;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code engines} of plumbline.yaml: how each is reached. */
class EngineConfigTest {
    private static final String REPOSITORY = "repositories: [{name: ml, url: 'https://h/x.git'}]\n";

    @TempDir Path folder;

    private AgentConfig read(String yaml) throws IOException {
        var file = folder.resolve("plumbline.yaml");
        Files.writeString(file, REPOSITORY + yaml + "\n");
        return ConfigReader.read(file);
    }

    private List<EngineEntry> engines(String yaml) throws IOException {
        return read(yaml).engines();
    }

    @Test
    void readsEnginesOverAllTransports() throws IOException {
        var engines =
                engines(
                        """
                        engines:
                          - {name: local, endpoint: "unix:///run/docker.sock"}
                          - name: aws-eu
                            endpoint: tcp://10.0.0.5:2376
                            tls: {ca: ca.pem, cert: certs/cert.pem, key: /etc/key.pem}
                            pricePerHour: 0.34
                            parallelism: 3
                            capacity: {cpus: 3.5, memory: 8Gi}
                          - name: lab
                            endpoint: ssh://deploy@gpu.lab.example.com:2222
                            sshKey: {file: id}
                            passphrase: {env: PASSPHRASE}
                            knownHosts: known_hosts
                            socket: /run/user/1000/docker.sock
                          - {name: six, endpoint: "tcp://[::1]:2375"}
                          - {name: vpn, endpoint: "tcp://10.8.0.2:2375", insecure: true}
                          - {name: plain, endpoint: ssh://root@h, sshKey: k, knownHosts: h}
                        """);
        assertThat(engines.stream().map(e -> e.options().transport()))
                .containsExactly(
                        new OverUnix(Path.of("/run/docker.sock")),
                        new OverTls(
                                "10.0.0.5",
                                2376,
                                folder.resolve("ca.pem"),
                                folder.resolve("certs/cert.pem"),
                                Path.of("/etc/key.pem")),
                        new OverSsh(
                                "deploy",
                                "gpu.lab.example.com",
                                2222,
                                new SecretSource.File(folder.resolve("id")),
                                new SecretSource.Env("PASSPHRASE"),
                                folder.resolve("known_hosts"),
                                "/run/user/1000/docker.sock"),
                        new OverPlainTcp("::1", 2375, true),
                        new OverPlainTcp("10.8.0.2", 2375, false),
                        new OverSsh(
                                "root",
                                "h",
                                22,
                                new SecretSource.File(folder.resolve("k")),
                                null,
                                folder.resolve("h"),
                                "/var/run/docker.sock"));
        var aws = engines.get(1).options();
        assertThat(aws.pricePerHour()).isEqualTo(new BigDecimal("0.34"));
        assertThat(aws.capacity()).isEqualTo(new Capacity(3_500_000_000L, 8L << 30));
        assertThat(engines.getFirst().options().capacity()).isNull();
        assertThat(engines.stream().map(e -> e.options().parallelism()))
                .containsExactly(8, 3, 8, 8, 8, 8);
    }

    @Test
    void anEnginesOwnCredentialsGoBeforeTheHelpersOfAll() throws IOException {
        var engines =
                engines(
                        """
                        credentialHelpers: {r1: /usr/bin/docker-credential-a, r2: /usr/bin/docker-credential-a}
                        engines:
                          - {name: a, endpoint: "unix:///a"}
                          - name: b
                            endpoint: unix:///b
                            registries: {r1: {username: u, password: {env: P}}}
                            credentialHelpers: {r2: /opt/docker-credential-b}
                        """);
        var all = Path.of("/usr/bin/docker-credential-a");
        assertThat(engines.getFirst().options().credentialHelpers())
                .isEqualTo(Map.of("r1", all, "r2", all));
        assertThat(engines.getLast().options().credentialHelpers())
                .isEqualTo(Map.of("r2", Path.of("/opt/docker-credential-b")));
        assertThat(
                        engines("credentialHelpers: {r1: /usr/bin/docker-credential-a}")
                                .getFirst()
                                .options()
                                .credentialHelpers())
                .containsOnlyKeys("r1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "endpoint: 'tcp://10.0.0.5:2376'|who can reach an engine over plain TCP owns its host",
                "endpoint: 'tcp://docker.example.com:2376', insecure: false|owns its host",
                "endpoint: 'tcp://127.0.0.1.example.com:2375'|owns its host",
                "endpoint: 'tcp://h:2376', tls: {ca: a, cert: b}|'key' is missing",
                "endpoint: 'tcp://h:2376', tls: {ca: a, cert: b, key: c, insecure: true}|never taken unverified",
                "endpoint: 'tcp://h:2376', tls: {ca: a, cert: b, key: c}, insecure: true|TLS is never given up",
                "endpoint: 'tcp://h'|must name a host and a port",
                "endpoint: 'tcp://h:0', insecure: true|must be from 1 to 65535",
                "endpoint: 'tcp://u:p@h:1', insecure: true|must name a host and a port",
                "endpoint: 'https://h:2376'|must be tcp://host:port",
                "endpoint: 'unix:///a', tls: {}|goes with an endpoint tcp://",
                "endpoint: 'unix:///a', sshKey: k|goes with an endpoint ssh://",
                "endpoint: 'unix://a'|must be a unix socket such as",
                "endpoint: 'ssh://root@h', tls: {}|goes with an endpoint tcp://",
                "endpoint: 'ssh://h', sshKey: k, knownHosts: h|must name the user",
                "endpoint: 'ssh://root@h', knownHosts: h|'sshKey' is missing",
                "endpoint: 'ssh://root@h', sshKey: k|'knownHosts' is missing: the file with the host's keys",
                "endpoint: 'ssh://root:hunter2@h', sshKey: k, knownHosts: h|there are no passwords",
                "endpoint: 'ssh://root@h/x', sshKey: k, knownHosts: h|the remote socket goes into 'socket'",
                "endpoint: 'ssh://root@h', sshKey: k, knownHosts: h, socket: '/a b'|must be the absolute path",
                "endpoint: 'ssh://root@h', sshKey: k, knownHosts: h, socket: '/a$(id)'|must be the absolute path",
                "endpoint: 'ssh://-oProxyCommand=x@h', sshKey: k, knownHosts: h|must be ssh://user@host",
                "endpoint: 'unix:///a', ssh: {}|write endpoint: ssh://user@host",
                "endpoint: 'unix:///a', pricePerHour: -1|must be an amount such as 0.34",
                "endpoint: 'unix:///a', pricePerHour: 1e3|must be an amount such as 0.34",
                "endpoint: 'unix:///a', parallelism: 0|must be at least 1",
                "endpoint: 'unix:///a', parallelism: 17|must be at most 16",
                "endpoint: 'unix:///a', capacity: {cpus: 0}|must be at least 0.01",
                "endpoint: 'unix:///a', capacity: {gpus: 1}|not supported yet",
                "endpoint: 'unix:///a', credentialHelpers: {r: docker-credential-x}|absolute path of a program",
                "endpoint: 'unix:///a', credentialHelpers: {r: /bin/sh}|absolute path of a program",
                "endpoint: 'unix:///a', credentialHelpers: {'https://r': /docker-credential-x}|registry's host",
                "endpoint: 'unix:///a', credentialHelpers: {r: /docker-credential-x}, registries: {r: {username: u, token: {env: T}}}|is in 'registries' too",
            })
    void refuses(String keys, String message) throws IOException {
        String said = "";
        try {
            read("engines: [{name: a, " + keys + "}]");
        } catch (PlumblineException e) {
            said = String.valueOf(e.getMessage());
        }
        assertThat(said).contains(message).doesNotContain("hunter2");
    }
}
