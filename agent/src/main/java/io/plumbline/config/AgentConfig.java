package io.plumbline.config;

import io.plumbline.core.access.Grant;
import io.plumbline.core.release.HostRules;
import io.plumbline.core.webhook.Provider;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The agent's configuration, {@code plumbline.yaml}, see docs/cli.md.
 *
 * @param agent value of the label {@code plumbline.agent}; null means derived from machine and
 *     state folder
 * @param state folder of the ledger and the mirrors, absolute
 * @param http the listener
 * @param relist between two full observations; default 60 s
 * @param repositories in their order: the first wins a claim
 * @param secretsDirectory a file a secret; null for none
 * @param probeImage image that holds a static busybox at /bin/busybox
 * @param engines at least one
 * @param access who is let in besides tokens
 * @param fileRoots folders below which {@code file://} repositories may be; empty for each one's
 *     own folder
 */
public record AgentConfig(
        @Nullable String agent,
        Path state,
        Http http,
        Duration relist,
        List<Repository> repositories,
        @Nullable Path secretsDirectory,
        String probeImage,
        List<EngineEntry> engines,
        Access access,
        List<Path> fileRoots) {

    /**
     * The listener.
     *
     * @param host default 127.0.0.1
     * @param port default 7420; 0 lets the system choose
     * @param insecure plain HTTP beyond loopback, said out loud
     * @param trustedProxies whose {@code X-Forwarded-For} or {@code Forwarded} is believed
     * @param tls null for plain HTTP
     * @param origins of web pages that may call the API; empty for none
     */
    public record Http(
            String host,
            int port,
            boolean insecure,
            List<AddressRange> trustedProxies,
            @Nullable Tls tls,
            List<String> origins) {

        /** Plain, without proxies. */
        public Http(String host, int port, boolean insecure) {
            this(host, port, insecure, List.of(), null, List.of());
        }

        /** Whether that address is a trusted proxy. */
        public boolean trusts(InetAddress address) {
            return trustedProxies.stream().anyMatch(r -> r.contains(address));
        }
    }

    /**
     * TLS of the listener; files are read again when they change.
     *
     * @param cert certificate chain, PEM
     * @param key its key, PEM
     * @param clientCa who signs certificates of clients; null where none are asked for
     * @param clientCertificateRequired whether nobody without one is let in
     */
    public record Tls(
            Path cert, Path key, @Nullable Path clientCa, boolean clientCertificateRequired) {}

    /**
     * Who is let in besides tokens.
     *
     * @param oidc an OpenID provider, or null
     * @param certificates subjects of client certificates and what they may
     */
    public record Access(@Nullable Oidc oidc, List<CertificateRole> certificates) {}

    /**
     * An OpenID provider whose bearer tokens are taken.
     *
     * @param issuer as its tokens name it
     * @param audience of which a token names one
     * @param jwks where its keys are; null to ask its discovery document
     * @param ca who signs its certificate, PEM; null for those of the Java runtime
     * @param name the claim that names people in records
     * @param roles what claims lead to
     */
    public record Oidc(
            String issuer,
            List<String> audience,
            @Nullable String jwks,
            @Nullable Path ca,
            String name,
            List<ClaimRole> roles) {}

    /**
     * A role for who has a value in a claim.
     *
     * @param claim a claim, or a path into one with dots
     * @param value that it has, or that is in its list
     * @param grant what that gives
     */
    public record ClaimRole(String claim, String value, Grant grant) {}

    /**
     * A role for a client certificate.
     *
     * @param subject its whole subject, RFC 2253: {@code CN=ci,O=acme}
     * @param grant what that gives
     */
    public record CertificateRole(String subject, Grant grant) {}

    /**
     * A watched branch and folder.
     *
     * @param name unique
     * @param url {@code https://}, {@code ssh://}, {@code user@host:path}, {@code http://}, {@code
     *     file://}
     * @param branch default main; counts where {@code git} has neither tag nor commit
     * @param path folder in it, empty for all
     * @param poll between two fetches; default 30 s
     * @param auth user and token; null for none
     * @param engines names; empty means every engine
     * @param secrets patterns of secret names its pipelines may use
     * @param allow what its pipelines may do
     * @param verify which commits must be signed; null means none
     * @param webhook that its host may send; null for none
     * @param git what else there is to know of Git
     * @param limits of its manifests' files
     */
    public record Repository(
            String name,
            String url,
            String branch,
            String path,
            Duration poll,
            @Nullable Auth auth,
            List<String> engines,
            List<String> secrets,
            Allow allow,
            @Nullable Verify verify,
            @Nullable Webhook webhook,
            GitOptions git,
            Limits limits) {}

    /**
     * How many bytes the files of a repository's manifests may have, and a fetch may bring.
     *
     * @param pipelineFiles of one pipeline in total; default 64 MiB
     * @param files of all its pipelines in total; default 256 MiB
     * @param fetch that one fetch may bring; default 4 GiB
     */
    public record Limits(long pipelineFiles, long files, long fetch) {
        /** What counts where nothing is configured. */
        public static final Limits DEFAULT = new Limits(64L << 20, 256L << 20, 4L << 30);
    }

    /**
     * Which commits must be signed.
     *
     * @param range every commit since the last verified one, not only the head
     * @param keyrings files of OpenPGP public keys
     * @param signers allowed-signers files for SSH keys
     * @param revoked fingerprints that count no more: {@code SHA256:...} or OpenPGP's in hex
     */
    public record Verify(
            boolean range, List<Path> keyrings, List<Path> signers, List<String> revoked) {

        /** Whether the mirror needs the commits before the head, so that it cannot be shallow. */
        public boolean needsHistory() {
            return range;
        }
    }

    /**
     * A webhook.
     *
     * @param provider kind of Git host
     * @param secret where the secret is that the host has too
     * @param username of basic authentication, for Azure DevOps; default {@link #USERNAME}
     * @param header of the signature, for generic-hmac
     */
    public record Webhook(Provider provider, SecretSource secret, String username, String header) {
        /** The user name where none is given. */
        public static final String USERNAME = "plumbline";
    }

    /**
     * Credentials of a remote.
     *
     * @param username default {@code git}
     * @param token where the password or token is
     */
    public record Auth(String username, SecretSource token) {}

    /** Where a secret of the configuration is; never the secret itself. */
    public sealed interface SecretSource {
        /** An environment variable. */
        record Env(String name) implements SecretSource {}

        /** A file, read when needed. */
        record File(Path path) implements SecretSource {}
    }

    /**
     * What a repository's pipelines may do.
     *
     * @param images patterns of references, default all
     * @param localImages whether images that no registry knows may run, default true
     * @param capabilities that {@code capAdd} may name, default none
     * @param firstHostPort lowest host port, default 1024
     * @param lastHostPort highest host port, default 65535
     * @param externalVolumes names of volumes without our labels that may be used, default none
     * @param host log drivers, labels, variables and limits; each null where it is not set
     */
    public record Allow(
            List<String> images,
            boolean localImages,
            List<String> capabilities,
            int firstHostPort,
            int lastHostPort,
            List<String> externalVolumes,
            HostRules host) {}

    /**
     * An engine.
     *
     * @param name unique
     * @param endpoint as it was written: {@code unix:///var/run/docker.sock}, {@code
     *     tcp://host:port}, {@code ssh://user@host}
     * @param labels cloud, region, ...
     * @param subnets {@code 10.213.0.0/16}: networks are cut from it as /26; null leaves it to the
     *     engine
     * @param registries credentials by registry host
     * @param options how it is reached, and what else there is to know of it
     */
    public record EngineEntry(
            String name,
            String endpoint,
            SortedMap<String, String> labels,
            @Nullable String subnets,
            SortedMap<String, Auth> registries,
            EngineOptions options) {}
}
