package io.plumbline;

import io.plumbline.adapter.credentials.CredentialProgram;
import io.plumbline.adapter.ssh.SshTarget;
import io.plumbline.adapter.ssh.SshTunnel;
import io.plumbline.config.AgentConfig;
import io.plumbline.config.AgentConfig.EngineEntry;
import io.plumbline.config.AgentConfig.SecretSource;
import io.plumbline.config.EngineOptions.OverPlainTcp;
import io.plumbline.config.EngineOptions.OverSsh;
import io.plumbline.config.EngineOptions.OverTls;
import io.plumbline.config.EngineOptions.OverUnix;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.wire.DockerEngine;
import io.plumbline.engine.docker.wire.DockerEngineSettings;
import io.plumbline.engine.docker.wire.DockerEngineSettings.Credentials;
import io.plumbline.engine.docker.wire.EngineReach;
import io.plumbline.port.SecretValue;
import io.plumbline.runtime.secrets.Redaction;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/** The assembly of an engine's adapter from its configuration. */
final class EngineWiring {
    private static final Duration HELPER = Duration.ofSeconds(10);

    private final EngineEntry entry;
    private final AgentConfig config;
    private final Redaction redaction;

    private EngineWiring(EngineEntry entry, AgentConfig config, Redaction redaction) {
        this.entry = entry;
        this.config = config;
        this.redaction = redaction;
    }

    /**
     * Returns the adapter of an engine; the engine need not be reachable. Its close closes its
     * connections.
     *
     * @param agent value of the label {@code plumbline.agent}
     */
    static EngineClient engine(
            EngineEntry entry, String agent, AgentConfig config, Redaction redaction) {
        var wiring = new EngineWiring(entry, config, redaction);
        return DockerEngine.open(
                new DockerEngineSettings(
                        entry.name(),
                        entry.endpoint(),
                        entry.subnets(),
                        agent,
                        config.probeImage(),
                        wiring::credentials,
                        wiring.reach()));
    }

    private EngineReach reach() {
        return switch (entry.options().transport()) {
            case OverUnix _ -> new EngineReach.Plain();
            case OverTls t -> new EngineReach.Tls(t.ca(), t.cert(), t.key());
            case OverPlainTcp t -> plain(t);
            case OverSsh s ->
                    new EngineReach.Through(
                            new SshTunnel(target(s), config.state().resolve("engines")));
        };
    }

    private EngineReach plain(OverPlainTcp t) {
        if (!t.onLoopback()) {
            LoggerFactory.getLogger(EngineWiring.class)
                    .warn(
                            "engine {} is reached over plain TCP at {}, as `insecure: true` says: who"
                                    + " is on that network reads all secrets and owns its host",
                            entry.name(),
                            entry.endpoint());
        }
        return new EngineReach.Plain();
    }

    private SshTarget target(OverSsh s) {
        var passphrase = s.passphrase();
        return new SshTarget(
                entry.name(),
                s.user(),
                s.host(),
                s.port(),
                () -> read(s.key(), "ssh key"),
                shown(s.key()),
                passphrase == null ? null : () -> read(passphrase, "passphrase"),
                s.knownHosts(),
                s.socket());
    }

    private static String shown(SecretSource source) {
        return switch (source) {
            case SecretSource.Env e -> "in " + e.name();
            case SecretSource.File f -> f.path().toString();
        };
    }

    private String read(SecretSource source, String what) {
        return Plumbline.secret(source, "engine " + entry.name() + " " + what, redaction);
    }

    /** Returns the credentials for a registry's host; called before each use. */
    private Optional<Credentials> credentials(String host) {
        var auth = entry.registries().get(host);
        if (auth != null) {
            return Optional.of(
                    new Credentials(
                            auth.username(),
                            Plumbline.secret(auth.token(), "registry " + host, redaction)));
        }
        var helper = entry.options().credentialHelpers().get(host);
        return helper == null
                ? Optional.empty()
                : CredentialProgram.get(helper, host, HELPER)
                        .map(
                                answer -> {
                                    redaction.remember(
                                            "registry " + host,
                                            new SecretValue(
                                                    answer.secret()
                                                            .getBytes(StandardCharsets.UTF_8)));
                                    return new Credentials(answer.username(), answer.secret());
                                });
    }
}
