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
 * @param agent value of the label {@code plumbline.agent}; null means that it is derived from the
 *     machine and the state folder
 * @param state folder of the ledger and the mirrors, absolute
 * @param http the listener
 * @param relist interval between two full observations; default 60 s
 * @param repositories in their order; if several have a pipeline of one name, the first is used
 * @param secretsDirectory folder with one file for each secret; null for none
 * @param probeImage image with a static busybox at /bin/busybox
 * @param engines at least one
 * @param access the ways of access besides tokens
 * @param fileRoots folders that may contain {@code file://} repositories; empty for each one's own
 *     folder
 * @param artifacts largest number of bytes of what steps made, in the state folder
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
        List<Path> fileRoots,
        long artifacts) {

    /** Default of {@code artifacts.maxSize}: 20 GiB. */
    public static final long ARTIFACTS = 20L << 30;

    /**
     * The listener.
     *
     * @param host default 127.0.0.1
     * @param port default 7420; 0 means that the system chooses
     * @param insecure whether plain HTTP beyond loopback is explicitly permitted
     * @param trustedProxies proxies whose {@code X-Forwarded-For} or {@code Forwarded} is trusted
     * @param tls null for plain HTTP
     * @param origins origins of web pages that may call the API; empty for none
     */
    public record Http(
            String host,
            int port,
            boolean insecure,
            List<AddressRange> trustedProxies,
            @Nullable Tls tls,
            List<String> origins) {

        /** Creates a listener with plain HTTP and without proxies. */
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
     * @param clientCa authorities for certificates of clients, PEM; null if none are requested
     * @param clientCertificateRequired whether a client without a certificate is refused
     */
    public record Tls(
            Path cert, Path key, @Nullable Path clientCa, boolean clientCertificateRequired) {}

    /**
     * The ways of access besides tokens.
     *
     * @param oidc an OpenID provider, or null
     * @param certificates roles by subject of a client certificate
     */
    public record Access(@Nullable Oidc oidc, List<CertificateRole> certificates) {}

    /**
     * An OpenID provider whose bearer tokens are accepted.
     *
     * @param issuer as in its tokens
     * @param audience values, of which a token must have one
     * @param jwks URL of its keys; null to use its discovery document
     * @param ca authorities for its certificate, PEM; null for those of the Java runtime
     * @param name the claim that names people in records
     * @param roles roles by claim
     */
    public record Oidc(
            String issuer,
            List<String> audience,
            @Nullable String jwks,
            @Nullable Path ca,
            String name,
            List<ClaimRole> roles) {}

    /**
     * A role for callers whose token has a value in a claim.
     *
     * @param claim a claim, or a path into one, with dots
     * @param value value of the claim, or an element of its list
     * @param grant the role and its pipelines
     */
    public record ClaimRole(String claim, String value, Grant grant) {}

    /**
     * A role for a client certificate.
     *
     * @param subject its whole subject, RFC 2253: {@code CN=ci,O=acme}
     * @param grant the role and its pipelines
     */
    public record CertificateRole(String subject, Grant grant) {}

    /**
     * A watched branch and folder.
     *
     * @param name unique
     * @param url {@code https://}, {@code ssh://}, {@code user@host:path}, {@code http://}, {@code
     *     file://}
     * @param branch default main; used if {@code git} has neither tag nor commit
     * @param path folder in it, empty for all
     * @param poll interval between two fetches; default 30 s
     * @param auth user and token; null for none
     * @param engines names; empty means every engine
     * @param secrets patterns of the names of secrets that its pipelines may use
     * @param allow the permissions of its pipelines
     * @param verify which commits must be signed; null means none
     * @param webhook the webhook of its Git host; null for none
     * @param git further options of Git
     * @param limits limits for its manifests' files
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
     * The limits in bytes for the files of a repository's manifests, and for a fetch.
     *
     * @param pipelineFiles of one pipeline in total; default 64 MiB
     * @param files of all its pipelines in total; default 256 MiB
     * @param fetch of one fetch; default 4 GiB
     */
    public record Limits(long pipelineFiles, long files, long fetch) {
        /** The limits if nothing is configured. */
        public static final Limits DEFAULT = new Limits(64L << 20, 256L << 20, 4L << 30);
    }

    /**
     * The commits that must be signed.
     *
     * @param range whether every commit since the last verified one must be signed, not only the
     *     head
     * @param keyrings files of OpenPGP public keys
     * @param signers allowed-signers files for SSH keys
     * @param revoked fingerprints of keys that are no longer valid: {@code SHA256:...}, or
     *     OpenPGP's in hex
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
     * @param secret location of the secret that is shared with the host
     * @param username user name of basic authentication, for Azure DevOps; default {@link
     *     #USERNAME}
     * @param header header with the signature, for generic-hmac
     */
    public record Webhook(Provider provider, SecretSource secret, String username, String header) {
        /** The default user name. */
        public static final String USERNAME = "plumbline";
    }

    /**
     * Credentials of a remote.
     *
     * @param username default {@code git}
     * @param token location of the password or token
     */
    public record Auth(String username, SecretSource token) {}

    /** The location of a secret in the configuration; never the secret itself. */
    public sealed interface SecretSource {
        /** An environment variable. */
        record Env(String name) implements SecretSource {}

        /** A file, read when needed. */
        record File(Path path) implements SecretSource {}
    }

    /**
     * The permissions of a repository's pipelines.
     *
     * @param images patterns of references, default all
     * @param localImages whether images that are in no registry may run, default true
     * @param capabilities permitted values of {@code capAdd}, default none
     * @param firstHostPort lowest host port, default 1024
     * @param lastHostPort highest host port, default 65535
     * @param externalVolumes names of permitted volumes without Plumbline's labels, default none
     * @param host rules for log drivers, labels, variables and limits; each null if it is not set
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
     * @param endpoint as written: {@code unix:///var/run/docker.sock}, {@code tcp://host:port},
     *     {@code ssh://user@host}
     * @param labels cloud, region, ...
     * @param subnets range such as {@code 10.213.0.0/16} that is divided into networks of /26; null
     *     if the engine chooses
     * @param registries credentials by registry host
     * @param options its connection and further options
     */
    public record EngineEntry(
            String name,
            String endpoint,
            SortedMap<String, String> labels,
            @Nullable String subnets,
            SortedMap<String, Auth> registries,
            EngineOptions options) {}
}
