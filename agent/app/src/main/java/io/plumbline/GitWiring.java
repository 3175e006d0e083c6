package io.plumbline;

import io.plumbline.adapter.git.GitAccess;
import io.plumbline.adapter.git.GitTarget;
import io.plumbline.adapter.git.JGitSource;
import io.plumbline.config.AgentConfig;
import io.plumbline.config.AgentConfig.Auth;
import io.plumbline.config.AgentConfig.Repository;
import io.plumbline.config.AgentConfig.SecretSource;
import io.plumbline.runtime.secrets.Redaction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The assembly of a repository's Git settings from its configuration. */
final class GitWiring {
    private final Repository repository;
    private final Redaction redaction;

    private GitWiring(Repository repository, Redaction redaction) {
        this.repository = repository;
        this.redaction = redaction;
    }

    /** Returns the settings of a repository's source. Secrets are read at each fetch. */
    static JGitSource.Settings settings(
            Repository repository, AgentConfig config, Redaction redaction) {
        var wiring = new GitWiring(repository, redaction);
        return new JGitSource.Settings(
                repository.name(),
                repository.url(),
                wiring.target(),
                repository.path(),
                config.state().resolve("mirrors").resolve(repository.name() + ".git"),
                wiring.access(config),
                repository.verify() != null && repository.verify().needsHistory());
    }

    private GitTarget target() {
        var git = repository.git();
        if (git.tag() != null) {
            return new GitTarget.Tag(git.tag().pattern(), git.tag().range());
        }
        return git.commit() != null
                ? new GitTarget.Commit(git.commit())
                : new GitTarget.Branch(repository.branch());
    }

    private GitAccess access(AgentConfig config) {
        var git = repository.git();
        var ssh = git.ssh();
        var proxy = git.proxy();
        return new GitAccess(
                credentials(repository.auth(), ""),
                secret(git.bearer(), ""),
                ssh == null
                        ? null
                        : new GitAccess.Ssh(
                                () -> read(ssh.key(), " ssh key"),
                                shown(ssh.key()),
                                secret(ssh.passphrase(), " passphrase"),
                                ssh.knownHosts()),
                git.ca(),
                proxy == null
                        ? null
                        : new GitAccess.Proxy(
                                proxy.host(), proxy.port(), credentials(proxy.auth(), " proxy")),
                config.fileRoots(),
                repository.limits().fetch());
    }

    private static String shown(SecretSource source) {
        return switch (source) {
            case SecretSource.Env e -> "in " + e.name();
            case SecretSource.File f -> f.path().toString();
        };
    }

    private @Nullable Supplier<JGitSource.Credentials> credentials(
            @Nullable Auth auth, String what) {
        return auth == null
                ? null
                : () -> new JGitSource.Credentials(auth.username(), read(auth.token(), what));
    }

    private @Nullable Supplier<String> secret(@Nullable SecretSource source, String what) {
        return source == null ? null : () -> read(source, what);
    }

    private String read(SecretSource source, String what) {
        return Plumbline.secret(source, "repository " + repository.name() + what, redaction);
    }
}
