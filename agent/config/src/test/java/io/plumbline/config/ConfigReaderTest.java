package io.plumbline.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.config.AgentConfig.Allow;
import io.plumbline.config.AgentConfig.Auth;
import io.plumbline.config.AgentConfig.SecretSource;
import io.plumbline.core.FailureKind;
import io.plumbline.core.access.Grant;
import io.plumbline.core.access.Role;
import io.plumbline.core.release.HostRules;
import io.plumbline.core.release.KeyPatterns;
import io.plumbline.core.release.LogDriverRule;
import io.plumbline.core.webhook.Provider;
import io.plumbline.docs.Checkout;
import io.plumbline.port.PlumblineException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigReaderTest {
    private static final Path FILE = Path.of("/etc/plumbline/plumbline.yaml");
    private static final String REPOSITORY =
            "repositories: [{name: ml, url: 'https://git.example.com/acme/ml.git'}]\n";

    private static AgentConfig good(String yaml) {
        var result = ConfigReader.parse(FILE, yaml.getBytes(StandardCharsets.UTF_8));
        assertThat(result.errors()).isEmpty();
        return Objects.requireNonNull(result.config());
    }

    private static List<String> errors(String yaml) {
        var result = ConfigReader.parse(FILE, yaml.getBytes(StandardCharsets.UTF_8));
        assertThat(result.config()).isNull();
        return result.errors().stream().map(d -> d.toString().replace(FILE + ":", "")).toList();
    }

    @Test
    void whatIsNotSaidHasTheContractsDefaults() {
        var c = good(REPOSITORY);
        assertThat(c.agent()).isNull();
        assertThat(c.state()).isEqualTo(Path.of("/var/lib/plumbline"));
        assertThat(c.http()).isEqualTo(new AgentConfig.Http("127.0.0.1", 7420, false));
        assertThat(c.relist()).isEqualTo(Duration.ofSeconds(60));
        assertThat(c.artifacts()).isEqualTo(20L << 30);
        assertThat(c.secretsDirectory()).isNull();
        assertThat(c.probeImage()).isEqualTo("busybox:1.36-musl");
        assertThat(c.engines()).hasSize(1);
        assertThat(c.engines().getFirst().name()).isEqualTo("local");
        assertThat(c.engines().getFirst().endpoint()).isEqualTo("unix:///var/run/docker.sock");
        var r = c.repositories().getFirst();
        assertThat(r.branch()).isEqualTo("main");
        assertThat(r.path()).isEmpty();
        assertThat(r.poll()).isEqualTo(Duration.ofSeconds(30));
        assertThat(r.limits()).isEqualTo(AgentConfig.Limits.DEFAULT);
        assertThat(r.auth()).isNull();
        assertThat(r.engines()).isEmpty();
        assertThat(r.secrets()).isEmpty();
        assertThat(r.allow())
                .isEqualTo(
                        new Allow(
                                List.of("*"),
                                true,
                                List.of(),
                                1024,
                                65535,
                                List.of(),
                                HostRules.DEFAULT));
    }

    @Test
    void everyKeyReachesItsComponent() {
        var c =
                good(
                        """
                        agent: prod-1
                        state: state
                        http: {host: 10.0.0.5, port: 0, insecure: true}
                        relist: 5s
                        artifacts: {maxSize: 3Gi}
                        repositories:
                          - name: ml
                            url: https://git.example.com/acme/ml.git
                            branch: release/1
                            path: ops/pipelines/
                            poll: 2s
                            limits: {pipelineFiles: 32Mi, files: 1Gi, fetch: 2Gi}
                            auth: {username: bot, token: {env: GIT_TOKEN}}
                            engines: [edge]
                            secrets: ["recsys-*"]
                            allow:
                              images: ["registry.example.com/*"]
                              localImages: false
                              capabilities: [CAP_SYS_NICE, net_bind_service]
                              hostPorts: "8000-9000"
                              externalVolumes: [models]
                              devices: []
                              logDrivers:
                                - journald
                                - {driver: fluentd, options: {fluentd-address: "tcp://logs:24224", tag: ["a.*", "b.*"]}}
                              labels: [team, "!traefik.*"]
                              env: ["*"]
                              ulimits: [nofile, memlock]
                              sysctls: [net.core.*, "!net.core.bpf_*"]
                          - {name: two, url: "file:///srv/two.git"}
                        secrets: {directory: secrets}
                        probe: {image: "registry.example.com/busybox:1"}
                        engines:
                          - name: edge
                            endpoint: unix:///run/docker.sock
                            labels: {cloud: aws, zone: 1}
                            subnets: 10.213.0.0/16
                            registries:
                              registry.example.com:5000: {username: pull, password: {file: keys/registry}}
                        """);
        assertThat(c.agent()).isEqualTo("prod-1");
        assertThat(c.state()).isEqualTo(Path.of("/etc/plumbline/state"));
        assertThat(c.http()).isEqualTo(new AgentConfig.Http("10.0.0.5", 0, true));
        assertThat(c.relist()).isEqualTo(Duration.ofSeconds(5));
        assertThat(c.artifacts()).isEqualTo(3L << 30);
        assertThat(c.secretsDirectory()).isEqualTo(Path.of("/etc/plumbline/secrets"));
        assertThat(c.probeImage()).isEqualTo("registry.example.com/busybox:1");
        var r = c.repositories().getFirst();
        assertThat(r.branch()).isEqualTo("release/1");
        assertThat(r.path()).isEqualTo("ops/pipelines");
        assertThat(r.poll()).isEqualTo(Duration.ofSeconds(2));
        assertThat(r.limits()).isEqualTo(new AgentConfig.Limits(32L << 20, 1L << 30, 2L << 30));
        assertThat(r.auth()).isEqualTo(new Auth("bot", new SecretSource.Env("GIT_TOKEN")));
        assertThat(r.engines()).containsExactly("edge");
        assertThat(r.secrets()).containsExactly("recsys-*");
        assertThat(r.allow())
                .isEqualTo(
                        new Allow(
                                List.of("registry.example.com/*"),
                                false,
                                List.of("SYS_NICE", "NET_BIND_SERVICE"),
                                8000,
                                9000,
                                List.of("models"),
                                new HostRules(
                                        List.of(
                                                LogDriverRule.plain("journald"),
                                                new LogDriverRule(
                                                        "fluentd",
                                                        new TreeMap<>(
                                                                Map.of(
                                                                        "fluentd-address",
                                                                        List.of("tcp://logs:24224"),
                                                                        "tag",
                                                                        List.of("a.*", "b.*"))))),
                                        KeyPatterns.of("team", "!traefik.*"),
                                        KeyPatterns.of("*"),
                                        Set.of("nofile", "memlock"),
                                        new TreeMap<>(
                                                Map.of(
                                                        "sysctls",
                                                        KeyPatterns.of(
                                                                "net.core.*",
                                                                "!net.core.bpf_*"))))));
        assertThat(c.repositories().get(1).url()).isEqualTo("file:///srv/two.git");
        var e = c.engines().getFirst();
        assertThat(e.labels()).isEqualTo(Map.of("cloud", "aws", "zone", "1"));
        assertThat(e.subnets()).isEqualTo("10.213.0.0/16");
        assertThat(e.registries())
                .isEqualTo(
                        Map.of(
                                "registry.example.com:5000",
                                new Auth(
                                        "pull",
                                        new SecretSource.File(
                                                Path.of("/etc/plumbline/keys/registry")))));
    }

    @Test
    void readsWhoIsLetIn() {
        var c =
                good(
                        REPOSITORY
                                + """
                                http:
                                  host: 10.0.0.5
                                  trustedProxies: [10.0.0.0/8, "fd00::1"]
                                  tls: {cert: tls/agent.pem, key: tls/agent.key, clientCa: tls/ca.pem, clientAuth: request}
                                  cors: {origins: ["https://app.example.com"]}
                                access:
                                  oidc:
                                    issuer: https://idp.example.com/realms/acme
                                    audience: plumbline
                                    name: email
                                    roles:
                                      - {claim: groups, value: ml-ops, role: operator, pipelines: ["team-*"]}
                                      - {claim: groups, value: platform, role: admin}
                                  certificates:
                                    - {subject: "cn=ci, o=Acme", role: viewer, pipelines: ["*"]}
                                """);
        var tls = java.util.Objects.requireNonNull(c.http().tls());
        assertThat(tls.cert()).isEqualTo(Path.of("/etc/plumbline/tls/agent.pem"));
        assertThat(tls.clientCertificateRequired()).isFalse();
        assertThat(c.http().trusts(java.net.InetAddress.ofLiteral("10.9.9.9"))).isTrue();
        assertThat(c.http().trusts(java.net.InetAddress.ofLiteral("11.9.9.9"))).isFalse();
        assertThat(c.http().origins()).containsExactly("https://app.example.com");
        var oidc = java.util.Objects.requireNonNull(c.access().oidc());
        assertThat(oidc.audience()).containsExactly("plumbline");
        assertThat(oidc.name()).isEqualTo("email");
        assertThat(oidc.roles())
                .extracting(r -> r.grant())
                .containsExactly(
                        new Grant(Role.OPERATOR, List.of("team-*")), Grant.everywhere(Role.ADMIN));
        assertThat(c.access().certificates())
                .containsExactly(
                        new AgentConfig.CertificateRole(
                                "CN=ci,O=Acme", Grant.everywhere(Role.VIEWER)));
        var usual = good(REPOSITORY);
        assertThat(usual.http().tls()).isNull();
        assertThat(usual.access()).isEqualTo(new AgentConfig.Access(null, List.of()));
    }

    @Test
    void theExampleOfTheDocumentationIsGood() throws Exception {
        var text = Files.readString(Checkout.ROOT.resolve("docs/cli.md"));
        int begin = text.indexOf("```yaml\n") + 8;
        var c = good(text.substring(begin, text.indexOf("```", begin)));
        assertThat(c.agent()).isEqualTo("prod-1");
        assertThat(c.repositories().getFirst().allow())
                .isEqualTo(good(REPOSITORY).repositories().getFirst().allow());
    }

    @Test
    void allErrorsComeAtOnceWithTheirPlaces() {
        assertThat(
                        errors(
                                """
                                stat: /x
                                relist: 0s
                                http: {port: 99999}
                                repositories:
                                  - {name: ml, url: "https://h/x.git", engines: [lokal]}
                                  - {name: ml, url: "https://h/x.git"}
                                  - {name: UP, url: "ftp://h/x"}
                                """))
                .containsExactly(
                        "1:1: stat: unknown key 'stat', did you mean 'state'?",
                        "2:9: relist: must be at least 1s",
                        "3:14: http.port: must be at most 65535",
                        "5:50: repositories[0].engines[0]: no engine is named 'lokal', did you mean"
                                + " 'local'?",
                        "6:6: repositories[1].name: a repository named 'ml' is there already",
                        "7:12: repositories[2].name: " + EngineDecoder.NAME_RULE + ", not 'UP'",
                        "7:21: repositories[2].url: must begin with https://, ssh://, http:// or file://, or be as"
                                + " git@git.example.com:acme/ml.git");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "users: []|make tokens with `plumb tokens create`",
                "oidc: {}|write access: {oidc: ...}",
                "failover: {}|failover: not supported yet",
                "http: {tls: {}}|'cert' is missing",
                "http: {tls: {cert: a}}|'key' is missing",
                "http: {tls: {cert: a, key: b, clientAuth: require}}|needs clientCa",
                "http: {tls: {cert: a, key: b, clientCa: c, clientAuth: maybe}}|http.tls.clientAuth",
                "http: {cors: {origins: ['*']}}|must be an origin such as",
                "http: {cors: {origins: ['https://a.example.com/x']}}|must be an origin such as",
                "access: {tokens: []}|make them with `plumb tokens create`",
                "access: {oidc: {issuer: 'http://idp.example.com', audience: x, roles: []}}|must be an https URL",
                "access: {oidc: {issuer: 'https://u:p@idp.example.com', audience: x, roles: []}}|must be an https URL",
                "access: {oidc: {issuer: 'https://idp.example.com', audience: x, roles: []}}|must map a claim to a role",
                "access: {oidc: {issuer: 'https://idp.example.com', audience: [], roles: []}}|must name at least one",
                "access: {oidc: {issuer: 'https://idp.example.com', roles: []}}|'audience' is missing",
                "access: {oidc: {issuer: 'https://idp.example.com', audience: x, roles: [{claim: g, value: v, role: root}]}}|access.oidc.roles[0].role",
                "access: {oidc: {issuer: 'https://idp.example.com', audience: x, roles: [{claim: g, value: v, role: viewer}]}}|a role needs a pattern",
                "access: {oidc: {issuer: 'https://idp.example.com', audience: x, roles: [{claim: g, value: v, role: admin, pipelines: ['a-*']}]}}|pipelines must be '*'",
                "access: {certificates: [{subject: ci, role: viewer, pipelines: ['*']}]}|must be a subject such as CN=ci",
                "http: {trustedProxies: [proxy.example.com]}|http.trustedProxies[0]: must be an address",
                "http: {trustedProxies: ['10.0.0.1/8']}|http.trustedProxies[0]: must be an address",
                "http: {trustedProxies: ['0.0.0.0/0']}|list only your proxies",
                "engines: [{name: a, endpoint: 'unix:///a'}, {name: a, endpoint: 'unix:///b'}]|an engine named 'a' is there already",
                "engines: [{name: a, endpoint: '/var/run/docker.sock'}]|must be a unix socket such as",
                "engines: []|must name an engine",
                "engines: [{name: a, endpoint: 'unix:///a', subnets: 10.0.0.1/16}]|has bits set behind its /16",
                "engines: [{name: a, endpoint: 'unix:///a', subnets: 10.0.0.0/27}]|from /8 to /26",
                "engines: [{name: a, endpoint: 'unix:///a', subnets: 10.300.0.0/16}]|from /8 to /26",
                "engines: [{name: a, endpoint: 'unix:///a', registries: {'https://r': {username: u, token: {env: T}}}}]|registry's host",
                "http: {host: 0.0.0.0}|beyond loopback",
                "http: {host: agent.example.com}|beyond loopback",
                "secrets: {}|'directory' is missing",
                "secrets: /x|must be a mapping",
                "state: ''|must be a path",
                "git: {fileRoots: []}|must name a folder, or leave out the key",
                "git: {submodules: true}|unknown key 'submodules'",
                "artifacts: {maxSize: 10}|artifacts.maxSize: must be at least 1Mi",
                "artifacts: {maxSize: big}|artifacts.maxSize: must be bytes such as",
                "artifacts: {size: 1Gi}|write 'maxSize'",
                "artifacts: 20Gi|must be a mapping",
                "agent: 'a b'|must be letters"
            })
    void refuses(String yaml, String message) {
        assertThat(errors(REPOSITORY + yaml)).anyMatch(e -> e.contains(message));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "url: 'ssh://git@h/x'|Git over ssh wants `auth: {sshKey: {file: KEY}, knownHosts: FILE}`",
                "url: 'git@github.com:acme/ml.git'|Git over ssh wants",
                "url: 'git@h:x', auth: {token: {env: T}}|Git over ssh wants",
                "url: 'git@h:x', auth: {sshKey: k}|'knownHosts' is missing: the file with the host's keys",
                "url: 'git@h:x', auth: {sshKey: k, knownHosts: h, token: {env: T}}|does not go with 'sshKey'",
                "url: 'git@h:x', auth: {sshKey: k, knownHosts: h, passphrase: hunter2}|never the secret itself",
                "url: 'git@h:x', auth: {sshKey: '-----BEGIN OPENSSH PRIVATE KEY-----hunter2', knownHosts: h}|never the key itself",
                "url: 'git@h:x', auth: {sshKey: k, knownHosts: h}, proxy: {url: 'http://p'}|goes with https, not with ssh",
                "url: 'https://h/x', auth: {sshKey: k, knownHosts: h}|'sshKey' goes with ssh://",
                "url: 'https://h/x', auth: {knownHosts: h, token: {env: T}}|goes with 'sshKey'",
                "url: 'https://h/x', auth: {bearer: {env: T}, token: {env: T}}|does not go with 'bearer'",
                "url: 'http://h/x', auth: {bearer: {env: T}}|can be read on the way",
                "url: 'http://h/x', tls: {ca: c}|goes with https, not with http",
                "url: 'file:///x', tls: {ca: c}|goes with https, not with file",
                "url: 'https://h/x', tls: {}|'ca' is missing",
                "url: 'https://h/x', proxy: {url: 'http://u:hunter2@p:1'}|user and password are keys of their own",
                "url: 'https://h/x', proxy: {url: 'socks5://p:1'}|must be a URL such as http://proxy.example.com:3128",
                "url: 'https://h/x', proxy: {url: 'http://p:1', username: u}|'password' is missing",
                "url: 'https://h/x', branch: main, tag: {}|give one of 'branch', 'tag' and 'commit'",
                "url: 'https://h/x', tag: {pattern: 'v1'}|must be the form of a tag's name with one *",
                "url: 'https://h/x', tag: {pattern: '*-*'}|must be the form of a tag's name with one *",
                "url: 'https://h/x', tag: {range: latest}|must be a range of versions such as",
                "url: 'https://h/x', tag: {range: '>=1.2 <'}|must be a range of versions such as",
                "url: 'https://h/x', commit: abc123|must be a commit's full id of 40 hex digits",
                "url: 'https://h/x', submodules: true|not supported yet",
                "url: 'ext::sh -c hunter2'|programs of Git that fetch by themselves are never started",
                "url: '--upload-pack=hunter2'|none begins with a dash",
                "url: 'ssh://git:hunter2@h/x'|without a password",
                "url: 'ssh://-oProxyCommand=hunter2/x'|must be a URL such as ssh://",
                "url: 'git@h:-x'|must be",
                "url: 'https://bot:hunter2@h/x.git'|no credentials in a URL",
                "url: 'https://hunter2@h/x.git'|no credentials in a URL",
                "url: 'https:///x.git'|must be a URL such as",
                "url: '/srv/x.git'|must begin with",
                "url: 'file://host/x.git'|must be a URL such as",
                "url: 'https://h/x.git?a=b'|must be a URL such as",
                "url: 'http://h/x', auth: {token: {env: T}}|can be read on the way",
                "url: 'http://127.example.com/x', auth: {token: {env: T}}|can be read on the way",
                "url: 'file:///x', auth: {token: {env: T}}|takes no credentials",
                "url: 'https://h/x', auth: {token: hunter2}|never the secret itself",
                "url: 'https://h/x', auth: {token: {env: 'hunter2-x'}}|must be the name of an environment variable",
                "url: 'https://h/x', auth: {token: {env: A, file: b}}|must be {env: NAME} or {file: PATH}",
                "url: 'https://h/x', auth: {token: {}}|must be {env: NAME} or {file: PATH}",
                "url: 'https://h/x', auth: {username: x}|'token' or 'password' is missing",
                "url: 'https://h/x', verify: {}|'keys' is missing",
                "url: 'https://h/x', verify: {keys: []}|at least one key file",
                "url: 'https://h/x', verify: {keys: [{gpg: x}]}|gpg",
                "url: 'https://h/x', verify: {keys: [{ssh: a, openpgp: b}]}|{openpgp: FILE} or",
                "url: 'https://h/x', verify: {mode: all, keys: [{ssh: a}]}|must be head or range",
                "url: 'https://h/x', verify: {keys: [{ssh: a}], revoked: [AB12]}|whole fingerprint",
                "url: 'https://h/x', webhook: {provider: github}|'secret' is missing",
                "url: 'https://h/x', webhook: {secret: {env: A}}|'provider' is missing",
                "url: 'https://h/x', webhook: {provider: hub, secret: {env: A}}|must be github or gitea",
                "url: 'https://h/x', webhook: {provider: github, secret: hunter2}|never the secret itself",
                "url: 'https://h/x', webhook: {provider: github, secret: {env: A}, token: {env: B}}|write it as secret",
                "url: 'https://h/x', webhook: {provider: github, secret: {env: A}, username: u}|for the provider azure-devops only",
                "url: 'https://h/x', webhook: {provider: github, secret: {env: A}, header: X-S}|for the provider generic-hmac only",
                "url: 'https://h/x', webhook: {provider: generic-hmac, secret: {env: A}, header: 'X S'}|must be the name of a header",
                "url: 'https://h/x', branch: 'a..b'|must be the name of a branch",
                "url: 'https://h/x', branch: '-x'|must be the name of a branch",
                "url: 'https://h/x', branch: 'a b'|must be the name of a branch",
                "url: 'https://h/x', path: '../x'|must be a folder of the repository",
                "url: 'https://h/x', path: '/abs'|must be a folder of the repository",
                "url: 'https://h/x', poll: 10|must be a time with a unit",
                "url: 'https://h/x', secrets: ['a b']|must be a pattern of names of secrets",
                "url: 'https://h/x', allow: {images: ['a b']}|must be a pattern of images",
                "url: 'https://h/x', allow: {devices: [gpu]}|not supported yet: devices",
                "url: 'https://h/x', allow: {capabilities: [ALL]}|must be one capability",
                "url: 'https://h/x', allow: {hostPorts: '9000-8000'}|must be a range of ports",
                "url: 'https://h/x', allow: {hostPorts: '1-70000'}|must be a range of ports",
                "url: 'https://h/x', allow: {privileged: true}|not supported yet",
                "branch: main|'url' is missing"
            })
    void refusesInARepository(String keys, String message) {
        var errors = errors("repositories: [{name: ml, " + keys + "}]");
        assertThat(errors).anyMatch(e -> e.contains(message));
        assertThat(errors).noneMatch(e -> e.contains("hunter2"));
    }

    @Test
    void readsWhichCommitsMustBeSigned() {
        var c =
                good(
                        """
                        repositories:
                          - name: ml
                            url: https://h/x
                            verify:
                              mode: range
                              keys: [{openpgp: team.asc}, {ssh: /keys/allowed_signers}]
                              revoked:
                                - SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU
                                - 065B 495D AA4D CE52 9131  D597 5576 F87D C460 A042
                        """);
        var verify = java.util.Objects.requireNonNull(c.repositories().getFirst().verify());
        assertThat(verify.needsHistory()).isTrue();
        assertThat(verify.keyrings()).containsExactly(Path.of("/etc/plumbline/team.asc"));
        assertThat(verify.signers()).containsExactly(Path.of("/keys/allowed_signers"));
        assertThat(verify.revoked()).hasSize(2);
        assertThat(good(REPOSITORY).repositories().getFirst().verify()).isNull();
    }

    @Test
    void aWebhookHasItsProvidersDefaults() {
        var c =
                good(
                        """
                        repositories:
                          - name: a
                            url: https://h/a
                            webhook: {provider: azure-devops, secret: {file: hook}, username: bot}
                          - name: b
                            url: https://h/b
                            webhook: {provider: generic-hmac, secret: {env: B}, header: X-Signature}
                          - {name: c, url: "https://h/c", webhook: {provider: gitlab, secret: {env: C}}}
                        """);
        assertThat(c.repositories())
                .extracting(AgentConfig.Repository::webhook)
                .containsExactly(
                        new AgentConfig.Webhook(
                                Provider.AZURE_DEVOPS,
                                new SecretSource.File(Path.of("/etc/plumbline/hook")),
                                "bot",
                                "X-Hub-Signature-256"),
                        new AgentConfig.Webhook(
                                Provider.GENERIC_HMAC,
                                new SecretSource.Env("B"),
                                "plumbline",
                                "X-Signature"),
                        new AgentConfig.Webhook(
                                Provider.GITLAB,
                                new SecretSource.Env("C"),
                                "plumbline",
                                "X-Hub-Signature-256"));
    }

    @Test
    void credentialsMayGoOverPlainHttpOnLoopback() {
        var c =
                good(
                        "repositories: [{name: a, url: 'http://127.0.0.1:8080/x', auth: {password:"
                                + " {file: t}}}]");
        assertThat(c.repositories().getFirst().auth())
                .isEqualTo(new Auth("git", new SecretSource.File(Path.of("/etc/plumbline/t"))));
    }

    @Test
    void everyKeyOfGitReachesItsComponent() {
        var c =
                good(
                        """
                        repositories:
                          - name: a
                            url: git@git.example.com:acme/ml.git
                            auth: {sshKey: {file: keys/deploy}, passphrase: {env: PASS}, knownHosts: known_hosts}
                            tag: {pattern: "ml-v*", range: ">=1.2 <2 || ^3.1"}
                          - name: b
                            url: ssh://git@git.example.com:2222/acme/ml.git
                            auth: {sshKey: keys/deploy, knownHosts: /etc/ssh/ssh_known_hosts}
                            commit: 0123456789ABCDEF0123456789abcdef01234567
                          - name: c
                            url: https://git.example.com/acme/ml.git
                            auth: {bearer: {env: TOKEN}}
                            tls: {ca: ca.pem}
                            proxy: {url: "http://proxy:3128", username: u, password: {file: p}}
                            tag: {}
                          - {name: d, url: "file:///srv/git/d.git"}
                        git: {fileRoots: [/srv/git, more]}
                        """);
        var folder = Path.of("/etc/plumbline");
        var key = new SecretSource.File(folder.resolve("keys/deploy"));
        var git = c.repositories().stream().map(AgentConfig.Repository::git).toList();
        assertThat(git.get(0))
                .isEqualTo(
                        new GitOptions(
                                new GitOptions.Tag("ml-v*", ">=1.2 <2 || ^3.1"),
                                null,
                                null,
                                new GitOptions.Ssh(
                                        key,
                                        new SecretSource.Env("PASS"),
                                        folder.resolve("known_hosts")),
                                null,
                                null));
        assertThat(git.get(1))
                .isEqualTo(
                        new GitOptions(
                                null,
                                "0123456789abcdef0123456789abcdef01234567",
                                null,
                                new GitOptions.Ssh(key, null, Path.of("/etc/ssh/ssh_known_hosts")),
                                null,
                                null));
        assertThat(git.get(2))
                .isEqualTo(
                        new GitOptions(
                                new GitOptions.Tag("v*", "*"),
                                null,
                                new SecretSource.Env("TOKEN"),
                                null,
                                folder.resolve("ca.pem"),
                                new GitOptions.Proxy(
                                        "proxy",
                                        3128,
                                        new Auth(
                                                "u", new SecretSource.File(folder.resolve("p"))))));
        assertThat(c.repositories().get(2).auth()).isNull();
        assertThat(git.get(3)).isEqualTo(GitOptions.NONE);
        assertThat(c.fileRoots()).containsExactly(Path.of("/srv/git"), folder.resolve("more"));
    }

    @Test
    void anEmptyFileTwoDocumentsAndBrokenYamlAreErrors() {
        assertThat(errors("")).singleElement().asString().contains("is empty");
        assertThat(errors(REPOSITORY + "---\n" + REPOSITORY))
                .anyMatch(e -> e.contains("one document"));
        assertThat(errors("a: [")).isNotEmpty();
        assertThat(errors("{}")).singleElement().asString().contains("'repositories' is missing");
        assertThat(errors("repositories: []")).singleElement().asString().contains("at least one");
        assertThat(errors("x".repeat(3 << 20))).hasSize(1);
    }

    @Test
    void readsAFileAndSaysWhatIsWrongWithIt(@TempDir Path folder) throws Exception {
        var file = folder.resolve("plumbline.yaml");
        assertThatThrownBy(() -> ConfigReader.read(file))
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.MISSING));
        Files.writeString(file, REPOSITORY + "stat: x\nrelist: 1");
        assertThatThrownBy(() -> ConfigReader.read(file))
                .isInstanceOfSatisfying(
                        PlumblineException.class,
                        e -> assertThat(e.kind()).isEqualTo(FailureKind.INVALID))
                .hasMessageContaining(file + ":2:1: stat:")
                .hasMessageContaining(file + ":3:9: relist:");
        Files.writeString(file, REPOSITORY + "state: here");
        assertThat(ConfigReader.read(file).state()).isEqualTo(folder.resolve("here"));
        assertThatThrownBy(() -> ConfigReader.read(folder)).isInstanceOf(PlumblineException.class);
    }
}
