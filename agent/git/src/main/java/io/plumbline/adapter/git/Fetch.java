package io.plumbline.adapter.git;

import io.plumbline.adapter.git.JGitSource.Credentials;
import io.plumbline.core.FailureKind;
import io.plumbline.port.GitSource.Branch;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.jgit.transport.SshTransport;
import org.eclipse.jgit.transport.Transport;
import org.eclipse.jgit.transport.TransportHttp;
import org.jspecify.annotations.Nullable;

/**
 * One fetch. It opens the transport to the remote, runs {@link Following} for the target, and
 * describes failures without secrets.
 */
final class Fetch {
    private final Mirror mirror;
    private final RemoteAddress address;
    private final GitTarget target;
    private final GitAccess access;
    private final boolean history;
    private final Received received;
    private final List<String> secrets = new CopyOnWriteArrayList<>();

    /**
     * Creates a fetch.
     *
     * @param history whether the whole history is needed
     */
    Fetch(
            Mirror mirror,
            RemoteAddress address,
            GitTarget target,
            GitAccess access,
            boolean history) {
        this.mirror = mirror;
        this.address = address;
        this.target = target;
        this.access = access;
        this.history = history;
        this.received = new Received(access.mostFetched());
    }

    /**
     * Runs the fetch.
     *
     * @param tried the beginning of an error message
     * @param silence how long the remote may send nothing
     */
    Branch run(String tried, CancelSwitch cancel, Duration silence) {
        try (received) {
            mirror.repository().limit(received);
            return switch (address.how()) {
                case WEB -> web(tried, cancel, silence);
                case SSH -> ssh(tried, cancel, silence);
                case FOLDER -> folder(tried, cancel, silence);
            };
        }
    }

    private Branch web(String tried, CancelSwitch cancel, Duration silence) {
        var origin = address.origin();
        var credentials = access.credentials() == null ? null : access.credentials().get();
        var shared = WebAccess.of(access);
        remember(credentials, shared);
        var http = new GuardedConnections(origin, shared, received);
        try (var transport = Transport.open(mirror.repository(), address.uri())) {
            if (origin != null) {
                transport.setCredentialsProvider(new OriginCredentials(credentials, origin.host()));
            }
            if (transport instanceof TransportHttp overHttp) {
                overHttp.setHttpConnectionFactory(http);
            }
            return follow(transport, cancel, silence);
        } catch (PlumblineException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw FetchFailure.of(
                    tried,
                    cause(e),
                    new FetchFailure.Circumstances(
                            http.lastStatus(),
                            http.retryAfter(),
                            http.strayed(),
                            null,
                            credentials != null || shared.bearer() != null,
                            secrets));
        } finally {
            http.close();
        }
    }

    private Throwable cause(Throwable failure) {
        var refusal = received.refusal();
        return refusal == null ? failure : refusal;
    }

    private void remember(@Nullable Credentials credentials, WebAccess shared) {
        for (var c : new Credentials[] {credentials, shared.proxyCredentials()}) {
            if (c != null) {
                secrets.add(c.password());
            }
        }
        if (shared.bearer() != null) {
            secrets.add(shared.bearer());
        }
    }

    private Branch ssh(String tried, CancelSwitch cancel, Duration silence) {
        var needed = access.ssh();
        if (needed == null) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    tried + ": set repositories[].auth to {sshKey: {file: ...}, knownHosts: ...}");
        }
        try (var sessions = new SshSessions(needed, mirror.place(), secrets);
                var transport = Transport.open(mirror.repository(), address.uri())) {
            try {
                if (transport instanceof SshTransport overSsh) {
                    overSsh.setSshSessionFactory(
                            new BoundedSessions(sessions.prepared(), received));
                }
                return follow(transport, cancel, silence);
            } catch (IOException | RuntimeException e) {
                if (e instanceof PlumblineException p) {
                    throw p;
                }
                throw FetchFailure.of(tried, cause(e), circumstances(sessions.trouble(e)));
            }
        } catch (IOException e) {
            throw FetchFailure.of(tried, e, circumstances(null));
        }
    }

    private Branch folder(String tried, CancelSwitch cancel, Duration silence) {
        try (var transport = Transport.open(mirror.repository(), address.uri())) {
            new LocalFolders(Path.of(address.uri().getPath()), access.fileRoots()).check();
            return follow(transport, cancel, silence);
        } catch (PlumblineException e) {
            throw new PlumblineException(e.kind(), tried + ": " + e.getMessage(), e);
        } catch (IOException | RuntimeException e) {
            throw FetchFailure.of(tried, cause(e), circumstances(null));
        }
    }

    private FetchFailure.Circumstances circumstances(@Nullable String ssh) {
        return new FetchFailure.Circumstances(0, null, null, ssh, true, secrets);
    }

    private Branch follow(Transport transport, CancelSwitch cancel, Duration silence)
            throws IOException {
        transport.setTimeout((int) Math.max(1, silence.toSeconds()));
        var remote = new OpenRemote(transport, mirror, cancel, history);
        var branch = new Following(mirror, target, remote).now();
        if (remote.broughtUnchecked()) {
            mirror.checkHead();
        }
        return branch;
    }
}
