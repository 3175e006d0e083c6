package io.plumbline.config;

import io.plumbline.config.AgentConfig.Auth;
import io.plumbline.config.AgentConfig.EngineEntry;
import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Keys;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The decoder of an item of {@code engines}. */
final class EngineDecoder {
    private static final Keys ENGINE =
            Keys.of(
                            "name",
                            "endpoint",
                            "labels",
                            "subnets",
                            "registries",
                            "credentialHelpers",
                            "tls",
                            "insecure",
                            "sshKey",
                            "passphrase",
                            "knownHosts",
                            "socket",
                            "pricePerHour",
                            "capacity",
                            "parallelism")
                    .later("address", "kind", "failover", "taints", "devices")
                    .hint("ssh", "write endpoint: ssh://user@host, sshKey and knownHosts")
                    .hint("auth", "write sshKey and knownHosts beside 'endpoint'");

    static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?");
    static final String NAME_RULE =
            "must be of a-z, 0-9 and -, at most 40 characters, and begin and end with a letter or"
                    + " digit";

    private static final Pattern SUBNET =
            Pattern.compile(
                    "([0-9]{1,3})\\.([0-9]{1,3})\\.([0-9]{1,3})\\.([0-9]{1,3})/([0-9]{1,2})");

    private final ConfigDecoder paths;

    EngineDecoder(ConfigDecoder paths) {
        this.paths = paths;
    }

    /**
     * Decodes an engine; null after an error.
     *
     * @param helpers credential helpers of all engines, by registry host
     */
    @Nullable EngineEntry engine(Decoder d, SortedMap<String, Path> helpers) {
        Fields f = d.fields(ENGINE);
        if (f == null) {
            return null;
        }
        String name = f.require("name", n -> n.matching(NAME, 40, NAME_RULE));
        String endpoint = f.require("endpoint", Decoder::string);
        var transport =
                endpoint == null ? null : new TransportDecoder(paths).transport(f, endpoint);
        var labels = f.read("labels", EngineDecoder::labels, new TreeMap<String, String>());
        String subnets = f.read("subnets", EngineDecoder::subnets);
        var registries = f.read("registries", this::registries, new TreeMap<String, Auth>());
        var price = EngineOptionsDecoder.price(f);
        var capacity = EngineOptionsDecoder.capacity(f);
        int parallelism = EngineOptionsDecoder.parallelism(f);
        var own = EngineOptionsDecoder.helpers(f);
        own.forEach(
                (host, _) -> {
                    if (registries.containsKey(host)) {
                        f.error("credentialHelpers", host + " is in 'registries' too");
                    }
                });
        return name == null || endpoint == null || transport == null
                ? null
                : new EngineEntry(
                        name,
                        endpoint,
                        labels,
                        subnets,
                        registries,
                        new EngineOptions(
                                transport,
                                price,
                                capacity,
                                all(helpers, own, registries),
                                parallelism));
    }

    /** Entries of the engine take precedence over those for all engines. */
    private static SortedMap<String, Path> all(
            SortedMap<String, Path> helpers,
            SortedMap<String, Path> own,
            SortedMap<String, Auth> registries) {
        var all = new TreeMap<>(helpers);
        all.keySet().removeAll(registries.keySet());
        all.putAll(own);
        return all;
    }

    private static @Nullable SortedMap<String, String> labels(Decoder d) {
        var entries = d.entries();
        if (entries == null) {
            return null;
        }
        var labels = new TreeMap<String, String>();
        entries.forEach(
                (key, value) -> {
                    var text = value.text();
                    if (text != null) {
                        labels.put(key, text);
                    }
                });
        return labels;
    }

    /** It is divided into networks of /26, so it must contain at least one. */
    private static @Nullable String subnets(Decoder d) {
        String text = d.string();
        if (text == null) {
            return null;
        }
        var m = SUBNET.matcher(text);
        boolean good = m.matches();
        long address = 0;
        for (int i = 1; good && i <= 4; i++) {
            int part = Integer.parseInt(m.group(i));
            good = part <= 255;
            address = address << 8 | part;
        }
        int bits = good ? Integer.parseInt(m.group(5)) : 0;
        if (!good || bits < 8 || bits > 26) {
            d.error("must be an IPv4 range from /8 to /26 such as 10.213.0.0/16");
            return null;
        }
        if ((address & ((1L << (32 - bits)) - 1)) != 0) {
            d.error("has bits set behind its /" + bits + ": write the first address of the range");
            return null;
        }
        return text;
    }

    private @Nullable SortedMap<String, Auth> registries(Decoder d) {
        var entries = d.entries();
        if (entries == null) {
            return null;
        }
        var registries = new TreeMap<String, Auth>();
        entries.forEach(
                (host, value) -> {
                    if (!EngineOptionsDecoder.REGISTRY.matcher(host).matches()) {
                        value.error("the key must be a registry's host, without scheme or path");
                        return;
                    }
                    var auth = Credentials.auth(value, paths);
                    if (auth != null) {
                        registries.put(host, auth);
                    }
                });
        return registries;
    }
}
