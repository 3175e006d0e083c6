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
 * Takes a host key only where a file of known hosts has it, in the format of sshd(8): plain, hashed
 * and patterned names, {@code [host]:port}, {@code @revoked} and {@code @cert-authority}. What is
 * revoked on any line is refused for every host. Nothing is written, nothing trusted at first use.
 */
final class KnownHosts implements ServerKeyVerifier {
    private static final String CERTIFIED = "-cert-v01@openssh.com";
    private static final String REVOKED = "revoked";
    private static final String AUTHORITY = "cert-authority";

    /** What a host may prove itself with; signatures with SHA-1 are none of it. */
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

    /** A line of the file: its marker, empty for none, whether it is about the host, its key. */
    private record Line(String marker, boolean about, PublicKey key) {}

    private KnownHosts(SshTarget target, List<Line> lines) {
        this.target = target;
        this.lines = lines;
    }

    /**
     * Reads the file of a target.
     *
     * @throws IOException with a sentence for people where it cannot be read
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

    /** Null for a kind of key that this program does not know. */
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

    /** Kinds of signatures in the order of preference: those first that the file has a key for. */
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

    /** Why the last host was refused; null where none was. */
    @Nullable String refusal() {
        return refusal;
    }

    @Override
    public boolean verifyServerKey(ClientSession session, SocketAddress address, PublicKey key) {
        refusal = objection(key);
        return refusal == null;
    }

    /** Null for a key that is good. */
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
