package io.plumbline.config;

import io.plumbline.config.AgentConfig.Allow;
import io.plumbline.config.AgentConfig.Limits;
import io.plumbline.config.AgentConfig.Repository;
import io.plumbline.core.release.HostRules;
import io.plumbline.manifest.PlainField;
import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Keys;
import io.plumbline.manifest.yaml.Words;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The decoder of an item of {@code repositories}. */
final class RepositoryDecoder {
    private static final Keys REPOSITORY =
            Keys.of(
                            "name", "url", "branch", "path", "poll", "auth", "engines", "secrets",
                            "allow", "tag", "commit", "tls", "proxy", "verify", "webhook", "limits")
                    .later("submodules", "notify")
                    .hint("sshKey", "write `auth: {sshKey: {file: KEY}, knownHosts: FILE}`")
                    .hint("knownHosts", "write `auth: {sshKey: {file: KEY}, knownHosts: FILE}`");
    private static final Keys LIMITS = Keys.of("pipelineFiles", "files", "fetch");
    private static final Keys ALLOW =
            Keys.of(
                            "images",
                            "localImages",
                            "capabilities",
                            "hostPorts",
                            "externalVolumes",
                            "devices",
                            "logDrivers",
                            "labels",
                            "env",
                            "ulimits")
                    .and(PlainField.permissions().stream().map(p -> p.key()).toList())
                    .later("privileged", "registries");
    private static final Pattern IMAGE = Pattern.compile("[A-Za-z0-9*?][A-Za-z0-9._/:@*?-]*");
    private static final Pattern SECRET = Pattern.compile("[A-Za-z0-9*?][A-Za-z0-9._*?-]*");
    private static final Pattern CAPABILITY = Pattern.compile("[A-Z][A-Z_]*");
    private static final Pattern VOLUME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]*");
    private static final Pattern PORTS = Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?");
    private static final Pattern BAD_REF =
            Pattern.compile(
                    ".*(\\.\\.|@\\{|//|[\\x00-\\x20~^:?*\\[\\\\\\x7f]).*|[/.-].*|.*(/|\\.|\\.lock)");

    /** The defaults, as in docs/cli.md. */
    static final Allow ALLOW_DEFAULT =
            new Allow(List.of("*"), true, List.of(), 1024, 65535, List.of(), HostRules.DEFAULT);

    private final ConfigDecoder paths;
    private final Set<String> engines;

    RepositoryDecoder(ConfigDecoder paths, Set<String> engines) {
        this.paths = paths;
        this.engines = engines;
    }

    @Nullable Repository repository(Decoder d) {
        Fields f = d.fields(REPOSITORY);
        if (f == null) {
            return null;
        }
        String name =
                f.require("name", n -> n.matching(EngineDecoder.NAME, 40, EngineDecoder.NAME_RULE));
        RemoteUrl url = f.require("url", RemoteUrl::read);
        var git = new GitDecoder(paths).read(f, url);
        var repository =
                new Repository(
                        name == null ? "" : name,
                        url == null ? "" : url.text(),
                        f.read("branch", RepositoryDecoder::branch, "main"),
                        f.read("path", RepositoryDecoder::folder, ""),
                        f.read(
                                "poll",
                                p -> p.duration(Duration.ofSeconds(1), Duration.ofHours(24)),
                                Duration.ofSeconds(30)),
                        git.basic(),
                        f.read("engines", e -> e.list(this::engine), List.<String>of()),
                        f.read(
                                "secrets",
                                s -> s.list(i -> pattern(i, SECRET, "names of secrets")),
                                List.<String>of()),
                        f.read("allow", RepositoryDecoder::allow, ALLOW_DEFAULT),
                        f.read("verify", v -> VerifyDecoder.verify(v, paths)),
                        f.read("webhook", w -> WebhookDecoder.webhook(w, paths)),
                        git.options(),
                        f.read("limits", RepositoryDecoder::limits, Limits.DEFAULT));
        return name == null || url == null ? null : repository;
    }

    private static @Nullable Limits limits(Decoder d) {
        Fields f = d.fields(LIMITS);
        return f == null
                ? null
                : new Limits(
                        f.read("pipelineFiles", l -> l.bytes(1), Limits.DEFAULT.pipelineFiles()),
                        f.read("files", l -> l.bytes(1), Limits.DEFAULT.files()),
                        f.read("fetch", l -> l.bytes(1), Limits.DEFAULT.fetch()));
    }

    /** Decodes a branch's name by the rules of git-check-ref-format. */
    private static @Nullable String branch(Decoder d) {
        String text = d.string();
        if (text == null) {
            return null;
        }
        var name = text.startsWith("refs/heads/") ? text.substring("refs/heads/".length()) : text;
        if (name.isEmpty()
                || name.equals("@")
                || name.length() > 250
                || BAD_REF.matcher(name).matches()) {
            d.error("must be the name of a branch, not " + Words.quoted(text));
            return null;
        }
        return name;
    }

    private static @Nullable String folder(Decoder d) {
        String text = d.string();
        if (text == null) {
            return null;
        }
        var path = text.equals(".") || text.equals("/") ? "" : text;
        while (path.endsWith("/")) {
            path = path.substring(0, path.length() - 1);
        }
        if (path.startsWith("./")) {
            path = path.substring(2);
        }
        for (var part : path.split("/", -1)) {
            var empty = part.isEmpty() && !path.isEmpty();
            if (empty || part.equals(".") || part.equals("..") || part.contains("\\")) {
                d.error(
                        "must be a folder of the repository such as pipelines or ops/pipelines, not "
                                + Words.quoted(text));
                return null;
            }
        }
        return path;
    }

    private @Nullable String engine(Decoder d) {
        String text = d.string();
        if (text == null || engines.contains(text)) {
            return text;
        }
        var nearest = Words.nearest(text, engines);
        d.error(
                "no engine is named "
                        + Words.quoted(text)
                        + (nearest == null ? "" : ", did you mean '" + nearest + "'?"));
        return null;
    }

    private static @Nullable String pattern(Decoder d, Pattern form, String of) {
        return d.matching(form, 512, "must be a pattern of " + of + " with * and ?");
    }

    private static @Nullable Allow allow(Decoder d) {
        Fields f = d.fields(ALLOW);
        if (f == null) {
            return null;
        }
        var devices = f.get("devices");
        if (devices != null) {
            var items = devices.items();
            if (items != null && !items.isEmpty()) {
                devices.error("not supported yet: devices");
            }
        }
        var ports = f.read("hostPorts", RepositoryDecoder::ports, new int[] {1024, 65535});
        return new Allow(
                f.read(
                        "images",
                        i -> i.list(p -> pattern(p, IMAGE, "images")),
                        ALLOW_DEFAULT.images()),
                f.read("localImages", Decoder::bool, true),
                f.read(
                        "capabilities",
                        c -> c.list(RepositoryDecoder::capability),
                        ALLOW_DEFAULT.capabilities()),
                ports[0],
                ports[1],
                f.read(
                        "externalVolumes",
                        v -> v.list(n -> n.matching(VOLUME, 255, "must be the name of a volume")),
                        ALLOW_DEFAULT.externalVolumes()),
                HostRulesDecoder.rules(f));
    }

    private static @Nullable String capability(Decoder d) {
        String text = d.string();
        if (text == null) {
            return null;
        }
        var upper = text.toUpperCase(Locale.ROOT);
        var name = upper.startsWith("CAP_") ? upper.substring(4) : upper;
        if (!CAPABILITY.matcher(name).matches() || name.equals("ALL")) {
            d.error("must be one capability such as NET_BIND_SERVICE, not " + Words.quoted(text));
            return null;
        }
        return name;
    }

    private static int @Nullable [] ports(Decoder d) {
        var text = d.text();
        if (text == null) {
            return null;
        }
        var m = PORTS.matcher(text);
        if (m.matches()) {
            int first = Integer.parseInt(m.group(1));
            int last = m.group(2) == null ? first : Integer.parseInt(m.group(2));
            if (first >= 1 && first <= last && last <= 65535) {
                return new int[] {first, last};
            }
        }
        d.error("must be a range of ports such as \"1024-65535\", not " + Words.quoted(text));
        return null;
    }
}
