package io.plumbline.adapter.ssh;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.session.ClientSession.ClientSessionEvent;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.digest.BuiltinDigests;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.jspecify.annotations.Nullable;

/**
 * The query for an ssh server's keys, like {@code ssh-keyscan}: one connection for each type of
 * key, which ends when the server has shown it. It trusts and writes nothing. The operator compares
 * the result with what the server's operator publishes.
 */
public final class HostKeyScan {
    private static final int USUAL_PORT = 22;

    /** One of each type that the agent's fetches accept; the type names the requested signature. */
    private static final List<String> KINDS =
            List.of(
                    "ssh-ed25519",
                    "ecdsa-sha2-nistp256",
                    "ecdsa-sha2-nistp384",
                    "ecdsa-sha2-nistp521",
                    "rsa-sha2-512");

    private final Duration deadline;

    /**
     * Creates a scan.
     *
     * @param deadline for each connection
     */
    public HostKeyScan(Duration deadline) {
        this.deadline = deadline;
    }

    /**
     * A server's key.
     *
     * @param line for a file of known hosts, as in sshd(8)
     * @param fingerprint {@code SHA256:...}, as hosts publish it
     */
    public record HostKey(String line, String fingerprint) {}

    /**
     * Returns the keys of a server, at least one.
     *
     * @throws PlumblineException {@code UNREACHABLE} if the server does not answer or has none of
     *     the types
     */
    public List<HostKey> of(String host, int port) {
        var keys = new ArrayList<HostKey>();
        IOException last = null;
        for (String kind : KINDS) {
            try {
                var key = key(host, port, kind);
                if (key != null) {
                    keys.add(shown(host, port, key));
                }
            } catch (IOException e) {
                last = e;
                if (keys.isEmpty() && kind.equals(KINDS.getFirst())) {
                    break;
                }
            }
        }
        if (keys.isEmpty()) {
            throw new PlumblineException(
                    FailureKind.UNREACHABLE,
                    "cannot ask %s:%d for its host keys: %s"
                            .formatted(
                                    host,
                                    port,
                                    last == null
                                            ? "it showed no key of " + String.join(", ", KINDS)
                                            : reason(last)));
        }
        return List.copyOf(keys);
    }

    private static String reason(IOException e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = root.getMessage();
        return message == null ? root.getClass().getSimpleName() : message;
    }

    private static HostKey shown(String host, int port, PublicKey key) {
        String place = port == USUAL_PORT ? host : "[" + host + "]:" + port;
        return new HostKey(
                place + " " + PublicKeyEntry.toString(key),
                KeyUtils.getFingerPrint(BuiltinDigests.sha256, key));
    }

    /** Returns the server's key of this type; null if it has none. */
    private @Nullable PublicKey key(String host, int port, String kind) throws IOException {
        var seen = new AtomicReference<@Nullable PublicKey>();
        try (SshClient client = SshClient.setUpDefaultClient()) {
            client.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
            client.setKeyIdentityProvider(KeyIdentityProvider.EMPTY_KEYS_PROVIDER);
            client.setSignatureFactoriesNames(kind);
            client.setServerKeyVerifier(
                    (session, address, key) -> {
                        seen.set(key);
                        return false;
                    });
            client.start();
            try (var session =
                    client.connect("scan", host, port).verify(deadline).getClientSession()) {
                session.waitFor(
                        EnumSet.of(ClientSessionEvent.CLOSED, ClientSessionEvent.WAIT_AUTH),
                        deadline);
            }
        }
        return seen.get();
    }
}
