package io.plumbline.config;

import io.plumbline.config.AgentConfig.EngineEntry;
import io.plumbline.config.AgentConfig.Http;
import io.plumbline.config.AgentConfig.Repository;
import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Keys;
import io.plumbline.manifest.yaml.Words;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The decoder of plumbline.yaml, except single repositories and engines. */
final class ConfigDecoder {
    static final Duration RELIST = Duration.ofSeconds(60);
    static final String PROBE_IMAGE = "busybox:1.36-musl";
    static final String LOCAL_ENDPOINT = "unix:///var/run/docker.sock";

    private static final Keys ROOT =
            Keys.of(
                            "agent",
                            "state",
                            "http",
                            "relist",
                            "repositories",
                            "secrets",
                            "probe",
                            "engines",
                            "access",
                            "artifacts",
                            "git",
                            "credentialHelpers")
                    .hint("users", "make tokens with `plumb tokens create`, or see access.oidc")
                    .hint("oidc", "write access: {oidc: ...}")
                    .later("failover", "notifications", "verify", "gateway");
    private static final Keys HTTP =
            Keys.of("host", "port", "insecure", "trustedProxies", "tls", "cors")
                    .later("url")
                    .hint("address", "write host and port");
    private static final Keys SECRETS =
            Keys.of("directory").later("age", "sops", "vault", "environment");
    private static final Keys PROBE = Keys.of("image");
    private static final Keys ARTIFACTS =
            Keys.of("maxSize").hint("size", "write 'maxSize'").later("store");

    private static final Pattern AGENT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9:._-]{1,253}");
    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|::1|127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}");
    private static final Pattern IMAGE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/:@-]*");

    private final Path folder;

    /**
     * Creates a decoder for a file in this folder.
     *
     * @param folder absolute; relative paths are resolved against it
     */
    ConfigDecoder(Path folder) {
        this.folder = folder;
    }

    private static @Nullable Long artifacts(Decoder at) {
        Fields f = at.fields(ARTIFACTS);
        return f == null ? null : f.read("maxSize", d -> d.bytes(1L << 20), AgentConfig.ARTIFACTS);
    }

    /** Returns null if the document is not a mapping; other errors are among the problems. */
    @Nullable AgentConfig config(Decoder root) {
        Fields f = root.fields(ROOT);
        if (f == null) {
            return null;
        }
        var engines = engines(f);
        var names = new HashSet<String>();
        engines.forEach(e -> names.add(e.name()));
        return new AgentConfig(
                f.read(
                        "agent",
                        d ->
                                d.matching(
                                        AGENT,
                                        63,
                                        "must be letters, digits and ._- and begin with a letter or"
                                                + " digit")),
                f.read("state", this::path, Path.of("/var/lib/plumbline")),
                f.read("http", this::http, new Http("127.0.0.1", 7420, false)),
                f.read(
                        "relist",
                        d -> d.duration(Duration.ofSeconds(1), Duration.ofHours(1)),
                        RELIST),
                repositories(f, names),
                secretsDirectory(f),
                probeImage(f),
                engines,
                f.read(
                        "access",
                        new AccessDecoder(this)::access,
                        new AgentConfig.Access(null, List.of())),
                new GitDecoder(this).fileRoots(f),
                f.read("artifacts", ConfigDecoder::artifacts, AgentConfig.ARTIFACTS));
    }

    /** Returns a path, resolved against the configuration's folder; null after an error. */
    @Nullable Path path(Decoder d) {
        String text = d.string();
        if (text == null) {
            return null;
        }
        if (text.isBlank()) {
            d.error("must be a path");
            return null;
        }
        try {
            return folder.resolve(text).normalize();
        } catch (InvalidPathException e) {
            d.error("must be a path, not " + Words.quoted(text));
            return null;
        }
    }

    private @Nullable Http http(Decoder d) {
        Fields f = d.fields(HTTP);
        if (f == null) {
            return null;
        }
        String host =
                f.read(
                        "host",
                        h -> h.matching(HOST, 253, "must be an address or a host name"),
                        "127.0.0.1");
        int port = f.read("port", p -> p.integer(0, 65535), 7420);
        boolean insecure = f.read("insecure", Decoder::bool, false);
        var tls = f.read("tls", new AccessDecoder(this)::tls);
        if (!LOOPBACK.matcher(host).matches() && !insecure && !f.has("tls")) {
            f.error(
                    "host",
                    "plain HTTP beyond loopback shows the API's token to the network: give tls:"
                            + " {cert, key}, put a proxy with TLS before the agent, or say"
                            + " `insecure: true`");
        }
        return new Http(host, port, insecure, trustedProxies(f), tls, AccessDecoder.origins(f));
    }

    private static List<AddressRange> trustedProxies(Fields http) {
        List<AddressRange> none = List.of();
        return http.read("trustedProxies", d -> d.list(ConfigDecoder::range), none);
    }

    private static @Nullable AddressRange range(Decoder d) {
        String text = d.string();
        if (text == null) {
            return null;
        }
        var range = AddressRange.parse(text).orElse(null);
        if (range == null) {
            d.error("must be an address or a range such as 10.0.0.0/8, not " + Words.quoted(text));
        } else if (range.prefix() == 0) {
            d.error("would accept a forwarded address from any sender: list only your proxies");
            return null;
        }
        return range;
    }

    private @Nullable Path secretsDirectory(Fields root) {
        Decoder d = root.get("secrets");
        if (d == null) {
            return null;
        }
        Fields f = d.fields(SECRETS);
        return f == null ? null : f.require("directory", this::path);
    }

    private static String probeImage(Fields root) {
        Decoder d = root.get("probe");
        Fields f = d == null ? null : d.fields(PROBE);
        return f == null
                ? PROBE_IMAGE
                : f.read(
                        "image",
                        i -> i.matching(IMAGE, 512, "must be a reference of an image"),
                        PROBE_IMAGE);
    }

    private List<EngineEntry> engines(Fields root) {
        var helpers = EngineOptionsDecoder.helpers(root);
        var local =
                new EngineEntry(
                        "local",
                        LOCAL_ENDPOINT,
                        new TreeMap<>(),
                        null,
                        new TreeMap<>(),
                        new EngineOptions(
                                new EngineOptions.OverUnix(
                                        Path.of(TransportDecoder.DEFAULT_SOCKET)),
                                null,
                                null,
                                helpers,
                                EngineOptions.PARALLELISM));
        Decoder d = root.get("engines");
        if (d == null) {
            return List.of(local);
        }
        List<Decoder> items = d.items();
        if (items == null) {
            return List.of(local);
        }
        if (items.isEmpty()) {
            d.error("must name an engine, or leave out the key for " + LOCAL_ENDPOINT);
        }
        var reader = new EngineDecoder(this);
        var names = new HashSet<String>();
        var engines = new ArrayList<EngineEntry>();
        for (var item : items) {
            var engine = reader.engine(item, helpers);
            if (engine != null) {
                unique(names, engine.name(), item, "an engine");
                engines.add(engine);
            }
        }
        return List.copyOf(engines);
    }

    private List<Repository> repositories(Fields root, Set<String> engines) {
        Decoder d = root.get("repositories");
        if (d == null) {
            root.error("'repositories' is missing: name the repositories to watch");
            return List.of();
        }
        List<Decoder> items = d.items();
        if (items == null) {
            return List.of();
        }
        if (items.isEmpty()) {
            d.error("must name at least one repository to watch");
        }
        var reader = new RepositoryDecoder(this, engines);
        var names = new HashSet<String>();
        var repositories = new ArrayList<Repository>();
        for (var item : items) {
            var repository = reader.repository(item);
            if (repository != null) {
                unique(names, repository.name(), item, "a repository");
                repositories.add(repository);
            }
        }
        return List.copyOf(repositories);
    }

    private static void unique(Set<String> names, String name, Decoder item, String what) {
        if (!names.add(name)) {
            item.errorAtKey("name", what + " named " + Words.quoted(name) + " is there already");
        }
    }
}
