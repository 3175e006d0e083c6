package io.plumbline.adapter.git;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.digest.BuiltinDigests;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.eclipse.jgit.transport.CredentialsProvider;
import org.eclipse.jgit.transport.SshConfigStore;
import org.eclipse.jgit.transport.SshConstants;
import org.eclipse.jgit.transport.sshd.ServerKeyDatabase;
import org.eclipse.jgit.transport.sshd.SshdSessionFactory;
import org.eclipse.jgit.transport.sshd.agent.ConnectorFactory;
import org.jspecify.annotations.Nullable;

/**
 * The factory of the ssh session of one fetch, by JGit's module over Apache MINA sshd. It uses only
 * the configured key and file of known hosts: no user's folder, no configuration of OpenSSH, no
 * agent. It refuses a host key that is not in the file, whatever was seen before, and writes
 * nothing. SHA-1 signatures ({@code ssh-rsa}) are neither offered nor accepted.
 */
final class SshSessions extends SshdSessionFactory {
    private static final String CERTIFIED = "-cert-v01@openssh.com";

    /** The accepted types of host keys; the first that both sides have is used. */
    private static final List<String> HOST_KEYS =
            List.of(
                    "ssh-ed25519",
                    "ecdsa-sha2-nistp256",
                    "ecdsa-sha2-nistp384",
                    "ecdsa-sha2-nistp521",
                    "rsa-sha2-512",
                    "rsa-sha2-256");

    private final GitAccess.Ssh access;
    private final List<String> secrets;
    private final File nowhere;
    private volatile @Nullable String found;
    private volatile boolean hostIsKnown;
    private volatile List<KeyPair> loaded = List.of();

    /**
     * Creates the factory for one fetch.
     *
     * @param nowhere a folder without files of a user, used in place of the home folder
     * @param secrets gets the key and its passphrase, so that messages can omit them
     */
    SshSessions(GitAccess.Ssh access, Path nowhere, List<String> secrets) {
        super(null, null);
        this.access = access;
        this.secrets = secrets;
        this.nowhere = nowhere.toFile();
        setHomeDirectory(this.nowhere);
        setSshDirectory(this.nowhere);
    }

    /**
     * Returns the problem with its remedy, in sentences for display; null if none was seen.
     *
     * @param failure the exception of the fetch
     */
    @Nullable String trouble(Throwable failure) {
        if (found != null) {
            return found;
        }
        for (Throwable t = failure; t != null; t = t.getCause()) {
            String message = String.valueOf(t.getMessage());
            if (hostIsKnown && message.contains("No more authentication methods")) {
                return "the host refused the key "
                        + access.shown()
                        + ": add its public part to the repository as a deploy key that may read,"
                        + " and check the user in repositories[].url";
            }
        }
        return null;
    }

    /**
     * Reads the key before any connection, so that an error of the key is reported.
     *
     * @throws IOException with the error, without a secret
     */
    private List<KeyPair> keys() throws IOException {
        String text = access.key().get();
        String passphrase = access.passphrase() == null ? null : access.passphrase().get();
        secrets.add(text);
        if (passphrase != null) {
            secrets.add(passphrase);
        }
        FilePasswordProvider asked =
                passphrase == null
                        ? FilePasswordProvider.EMPTY
                        : FilePasswordProvider.of(passphrase);
        try (InputStream in =
                new ByteArrayInputStream((text.strip() + "\n").getBytes(StandardCharsets.UTF_8))) {
            var pairs =
                    SecurityUtils.loadKeyPairIdentities(
                            null, NamedResource.ofName("key"), in, asked);
            var keys = new ArrayList<KeyPair>();
            if (pairs != null) {
                pairs.forEach(keys::add);
            }
            if (keys.isEmpty()) {
                throw new GeneralSecurityException("it holds no private key");
            }
            return keys;
        } catch (GeneralSecurityException | IOException | RuntimeException e) {
            found =
                    passphrase == null
                            ? "the ssh key "
                                    + access.shown()
                                    + " cannot be read as a private key; if it has a passphrase,"
                                    + " name it in repositories[].auth.passphrase"
                            : "the ssh key "
                                    + access.shown()
                                    + " cannot be read with the passphrase of"
                                    + " repositories[].auth.passphrase";
            throw new IOException("the key cannot be read", e);
        }
    }

    /**
     * Reads the key and checks the known hosts.
     *
     * @throws IOException if one of them cannot be used; {@link #trouble} has the reason
     */
    SshSessions prepared() throws IOException {
        loaded = keys();
        if (!Files.isReadable(access.knownHosts())) {
            found =
                    "repositories[].auth.knownHosts: "
                            + access.knownHosts()
                            + " cannot be read: write the host's keys into it, `plumb hosts scan"
                            + " HOST` prints them for review";
            throw new IOException("the known hosts cannot be read");
        }
        return this;
    }

    @Override
    protected Iterable<KeyPair> getDefaultKeys(File sshDir) {
        return loaded;
    }

    @Override
    protected List<Path> getDefaultIdentities(File sshDir) {
        return List.of();
    }

    @Override
    protected @Nullable ConnectorFactory getConnectorFactory() {
        return null;
    }

    @Override
    protected @Nullable File getSshConfig(File sshDir) {
        return null;
    }

    @Override
    protected String getDefaultPreferredAuthentications() {
        return "publickey";
    }

    @Override
    protected List<Path> getDefaultKnownHostsFiles(File sshDir) {
        return List.of(access.knownHosts());
    }

    @Override
    protected ServerKeyDatabase createServerKeyDatabase(File homeDir, File sshDir) {
        return new Witness(super.createServerKeyDatabase(homeDir, sshDir));
    }

    @Override
    protected SshConfigStore createSshConfigStore(
            File homeDir, @Nullable File configFile, String localUserName) {
        return new OnlyConfig();
    }

    /** The options of a session, in place of OpenSSH's configuration files. */
    private final class OnlyConfig implements SshConfigStore {
        @Override
        public HostConfig lookup(String host, int port, String user) {
            return new Options(
                    Map.of(
                            SshConstants.STRICT_HOST_KEY_CHECKING, "yes",
                            SshConstants.HASH_KNOWN_HOSTS, "no",
                            SshConstants.PREFERRED_AUTHENTICATIONS, "publickey",
                            SshConstants.IDENTITY_AGENT, "none",
                            SshConstants.HOST_KEY_ALGORITHMS, hostKeys(host, port),
                            SshConstants.PUBKEY_ACCEPTED_ALGORITHMS, String.join(",", HOST_KEYS)),
                    Map.of(
                            SshConstants.USER_KNOWN_HOSTS_FILE,
                            List.of(access.knownHosts().toString())));
        }

        @Override
        public HostConfig lookupDefault(String host, int port, String user) {
            return lookup(host, port, user);
        }
    }

    /**
     * Returns the types of host keys. Those that the file has for a host come first, because a host
     * has several keys.
     */
    private String hostKeys(String host, int port) {
        int there = port <= 0 ? SshConstants.SSH_DEFAULT_PORT : port;
        var database = super.createServerKeyDatabase(nowhere, nowhere);
        var order = new LinkedHashSet<String>();
        if (trustsAuthorities()) {
            HOST_KEYS.forEach(k -> order.add(k + CERTIFIED));
        }
        var known =
                database.lookup(
                        host + ":" + there,
                        InetSocketAddress.createUnresolved(host, there),
                        new Strict(access.knownHosts()));
        hostIsKnown |= !known.isEmpty();
        for (PublicKey key : known) {
            String type = KeyUtils.getKeyType(key);
            order.addAll("ssh-rsa".equals(type) ? HOST_KEYS.subList(4, 6) : List.of(type));
        }
        order.retainAll(supported());
        order.addAll(HOST_KEYS);
        return String.join(",", order);
    }

    private static Set<String> supported() {
        return HOST_KEYS.stream()
                .flatMap(k -> Stream.of(k, k + CERTIFIED))
                .collect(Collectors.toSet());
    }

    private boolean trustsAuthorities() {
        try {
            return Files.readString(access.knownHosts()).contains("@cert-authority");
        } catch (IOException e) {
            return false;
        }
    }

    /** A database that passes on the file's result, and keeps the reason of a refusal. */
    private final class Witness implements ServerKeyDatabase {
        private final ServerKeyDatabase file;

        Witness(ServerKeyDatabase file) {
            this.file = file;
        }

        @Override
        public List<PublicKey> lookup(
                String connectAddress, InetSocketAddress remote, Configuration config) {
            return file.lookup(connectAddress, remote, config);
        }

        @Override
        public boolean accept(
                String connectAddress,
                InetSocketAddress remote,
                PublicKey key,
                Configuration config,
                @Nullable CredentialsProvider provider) {
            boolean good =
                    file.accept(connectAddress, remote, key, config, null) && !isRevoked(key);
            if (good) {
                hostIsKnown = true;
                return true;
            }
            found = refusal(connectAddress, key, file.lookup(connectAddress, remote, config));
            return false;
        }
    }

    private String refusal(String address, PublicKey shown, List<PublicKey> known) {
        String what = named(shown);
        String host = address.replaceAll("^\\[(.*)](:[0-9]+)$", "$1$2").replaceAll(":22$", "");
        if (isRevoked(shown) || known.stream().anyMatch(k -> KeyUtils.compareKeys(k, shown))) {
            return "the key of host %s, %s, is marked as revoked in %s: do not connect; ask who runs the host"
                    .formatted(host, what, access.knownHosts());
        }
        if (known.isEmpty()) {
            return ("host %s is not in %s; it shows %s. Compare that with what the host's operator"
                            + " publishes, then add the line that `plumb hosts scan %s` prints")
                    .formatted(host, access.knownHosts(), what, host);
        }
        return ("the host key of %s changed: it shows %s, %s has %s. Either somebody is in between,"
                        + " or the host has a new key: ask its operator, then replace the line by what"
                        + " `plumb hosts scan %s` prints")
                .formatted(
                        host,
                        what,
                        access.knownHosts(),
                        known.stream().map(SshSessions::named).collect(Collectors.joining(", ")),
                        host);
    }

    /**
     * Whether the file revokes a key. JGit's reader checks only lines of the same host and port,
     * and {@code *} matches no port. Here, a key that is revoked anywhere is refused everywhere.
     */
    private boolean isRevoked(PublicKey key) {
        var all = new ArrayList<PublicKey>(List.of(key));
        if (key instanceof OpenSshCertificate certificate) {
            all.add(certificate.getCaPubKey());
            all.add(certificate.getCertPubKey());
        }
        try {
            var lines = Files.readAllLines(access.knownHosts());
            return all.stream()
                    .map(PublicKeyEntry::toString)
                    .anyMatch(
                            text ->
                                    lines.stream()
                                            .map(l -> l.strip().replaceAll("\\s+", " ") + " ")
                                            .anyMatch(
                                                    l ->
                                                            l.startsWith("@revoked ")
                                                                    && l.contains(
                                                                            " " + text + " ")));
        } catch (IOException e) {
            return true;
        }
    }

    private static String named(PublicKey key) {
        return KeyUtils.getKeyType(key) + " " + KeyUtils.getFingerPrint(BuiltinDigests.sha256, key);
    }

    /** The options for a lookup without a session. */
    private record Strict(Path file) implements ServerKeyDatabase.Configuration {
        @Override
        public List<String> getUserKnownHostsFiles() {
            return List.of(file.toString());
        }

        @Override
        public List<String> getGlobalKnownHostsFiles() {
            return List.of();
        }

        @Override
        public StrictHostKeyChecking getStrictHostKeyChecking() {
            return StrictHostKeyChecking.REQUIRE_MATCH;
        }

        @Override
        public boolean getHashKnownHosts() {
            return false;
        }

        @Override
        public String getUsername() {
            return "git";
        }
    }

    /** The options of one host. */
    private record Options(Map<String, String> options, Map<String, List<String>> lists)
            implements SshConfigStore.HostConfig {
        @Override
        public @Nullable String getValue(String key) {
            return options.get(key);
        }

        @Override
        public List<String> getValues(String key) {
            return lists.getOrDefault(key, List.of());
        }

        @Override
        public Map<String, String> getOptions() {
            return options;
        }

        @Override
        public Map<String, List<String>> getMultiValuedOptions() {
            return lists;
        }
    }
}
