package io.plumbline.adapter.ssh;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.sshd.client.config.hosts.KnownHostEntry;
import org.apache.sshd.client.keyverifier.ServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.config.keys.PublicKeyEntryResolver;
import org.apache.sshd.common.digest.BuiltinDigests;
import org.jspecify.annotations.Nullable;

/**
 * A verifier that accepts a host key only if a file of known hosts has it. The format is that of
 * sshd(8): plain, hashed and patterned names, {@code [host]:port}, {@code @revoked} and {@code
 * @cert-authority}. A key that is revoked on any line is refused for every host. Nothing is
 * written, and nothing is trusted at first use.
 */
final class KnownHosts implements ServerKeyVerifier {
    private static final String CERTIFIED = "-cert-v01@openssh.com";
    private static final String REVOKED = "revoked";
    private static final String AUTHORITY = "cert-authority";

    /** The accepted types of host keys; SHA-1 signatures are not accepted. */
    private static final List<String> KINDS =
            List.of(
                    "ssh-ed25519",
                    "ecdsa-sha2-nistp256",
                    "ecdsa-sha2-nistp384",
                    "ecdsa-sha2-nistp521",
                    "rsa-sha2-512",
                    "rsa-sha2-256");

    private final SshTarget target;
    private final List<Line> lines;
    private volatile @Nullable String refusal;

    /** A line of the file: its marker, empty for none; whether it matches the host; its key. */
    private record Line(String marker, boolean about, PublicKey key) {}

    private KnownHosts(SshTarget target, List<Line> lines) {
        this.target = target;
        this.lines = lines;
    }

    /**
     * Reads the file of a target.
     *
     * @throws IOException with a sentence for display if it cannot be read
     */
    static KnownHosts read(SshTarget target) throws IOException {
        Path file = target.knownHosts();
        try {
            var lines = new ArrayList<Line>();
            try (var reader = Files.newBufferedReader(file)) {
                for (KnownHostEntry entry : KnownHostEntry.readKnownHostEntries(reader)) {
                    Line line = line(entry, target);
                    if (line != null) {
                        lines.add(line);
                    }
                }
            }
            return new KnownHosts(target, lines);
        } catch (IOException | RuntimeException e) {
            throw new IOException(
                    "engines[].knownHosts: "
                            + file
                            + " cannot be read ("
                            + e.getClass().getSimpleName()
                            + "): write the host's keys into it, `plumb hosts scan "
                            + target.place()
                            + "` prints them for review",
                    e);
        }
    }

    /** Parses a line; null for an unknown type of key. */
    private static @Nullable Line line(KnownHostEntry entry, SshTarget target) throws IOException {
        try {
            PublicKey key =
                    entry.getKeyEntry().resolvePublicKey(null, PublicKeyEntryResolver.IGNORING);
            return key == null
                    ? null
                    : new Line(
                            Objects.requireNonNullElse(entry.getMarker(), ""),
                            entry.isHostMatch(target.host(), target.port()),
                            key);
        } catch (GeneralSecurityException e) {
            return null;
        }
    }

    /**
     * Returns the types of signatures in order of preference; those for which the file has a key
     * come first.
     */
    List<String> kinds() {
        var order = new LinkedHashSet<String>();
        if (lines.stream().anyMatch(l -> l.about && l.marker.equals(AUTHORITY))) {
            KINDS.forEach(k -> order.add(k + CERTIFIED));
        }
        for (PublicKey key : known()) {
            String kind = KeyUtils.getKeyType(key);
            order.addAll("ssh-rsa".equals(kind) ? KINDS.subList(4, 6) : List.of(kind));
        }
        order.removeIf(k -> !KINDS.contains(k.replace(CERTIFIED, "")));
        order.addAll(KINDS);
        return List.copyOf(order);
    }

    private List<PublicKey> known() {
        return lines.stream().filter(l -> l.about && l.marker.isEmpty()).map(Line::key).toList();
    }

    /** Returns why the last host was refused; null if none was. */
    @Nullable String refusal() {
        return refusal;
    }

    @Override
    public boolean verifyServerKey(ClientSession session, SocketAddress address, PublicKey key) {
        refusal = objection(key);
        return refusal == null;
    }

    /** Returns why a key is refused; null if it is accepted. */
    @Nullable String objection(PublicKey key) {
        if (isRevoked(key)) {
            return "the key of host %s, %s, is marked as revoked in %s: do not connect; ask who runs the host"
                    .formatted(target.place(), named(key), target.knownHosts());
        }
        if (key instanceof OpenSshCertificate certificate) {
            boolean signed =
                    has(AUTHORITY, certificate.getCaPubKey())
                            && certificate.getType() == OpenSshCertificate.Type.HOST;
            return signed ? null : unknown(key);
        }
        return has("", key) ? null : unknown(key);
    }

    private boolean has(String marker, PublicKey key) {
        return lines.stream()
                .anyMatch(
                        l ->
                                l.about
                                        && l.marker.equals(marker)
                                        && KeyUtils.compareKeys(l.key, key));
    }

    private boolean isRevoked(PublicKey key) {
        var all = new ArrayList<PublicKey>(List.of(key));
        if (key instanceof OpenSshCertificate certificate) {
            all.add(certificate.getCaPubKey());
            all.add(certificate.getCertPubKey());
        }
        return lines.stream()
                .filter(l -> l.marker.equals(REVOKED))
                .anyMatch(l -> all.stream().anyMatch(k -> KeyUtils.compareKeys(l.key, k)));
    }

    private String unknown(PublicKey shown) {
        List<PublicKey> known = known();
        if (known.isEmpty()) {
            return ("host %s is not in %s; it shows %s. Compare that with what the host's operator"
                            + " publishes, then add the line that `plumb hosts scan %s` prints")
                    .formatted(target.place(), target.knownHosts(), named(shown), target.place());
        }
        return ("the host key of %s changed: it shows %s, %s has %s. Either somebody is in between,"
                        + " or the host has a new key: ask its operator, then replace the line by what"
                        + " `plumb hosts scan %s` prints")
                .formatted(
                        target.place(),
                        named(shown),
                        target.knownHosts(),
                        known.stream().map(KnownHosts::named).collect(Collectors.joining(", ")),
                        target.place());
    }

    private static String named(PublicKey key) {
        return KeyUtils.getKeyType(key) + " " + KeyUtils.getFingerPrint(BuiltinDigests.sha256, key);
    }
}
