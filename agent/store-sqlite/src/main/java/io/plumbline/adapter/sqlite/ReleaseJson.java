package io.plumbline.adapter.sqlite;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.LanguageDefaults;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseCanonical;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.release.SpecCanonical;
import io.plumbline.core.release.SpecFile;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.manifest.DriftMode;
import io.plumbline.manifest.EngineOrder;
import io.plumbline.manifest.FieldType;
import io.plumbline.manifest.FieldValues;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.Images;
import io.plumbline.manifest.Logging;
import io.plumbline.manifest.OnFailure;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.PlainField;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.PullPolicy;
import io.plumbline.manifest.Resources;
import io.plumbline.manifest.RestartPolicy;
import io.plumbline.manifest.Rollout;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.Selector;
import io.plumbline.manifest.Strategy;
import io.plumbline.manifest.Ulimit;
import io.plumbline.manifest.VolumeMount;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The stored form of a release in the ledger: its canonical JSON, see {@link ReleaseCanonical} and
 * {@link SpecCanonical}. Beside it are the parts that this form omits: the order of the services,
 * and the hashes of their specs when the release was rendered. {@link LanguageDefaults} has the
 * values of absent keys.
 */
final class ReleaseJson {
    private ReleaseJson() {}

    static String body(Release release) {
        return ReleaseCanonical.json(release);
    }

    /**
     * The third item of a service's array: the release was checked by the rules for the machine.
     */
    private static final int HOST_RULES = 1;

    /**
     * Returns {@code [[name, specHash, 1], ...]} in the manifest's order.
     *
     * @param before whether a version without {@link io.plumbline.core.release.HostRules} stored
     *     it, so that the third item is omitted
     */
    static String services(Release release, boolean before) {
        var json = JsonTree.MAPPER.createArrayNode();
        for (var s : release.services()) {
            var entry = json.addArray().add(s.name()).add(s.specHash());
            if (!before) {
                entry.add(HOST_RULES);
            }
        }
        return json.toString();
    }

    /** Parses a release, or throws {@link StateJson.Unreadable}. */
    static Release read(String id, String body, String services) {
        try {
            JsonNode n = JsonTree.parse(body);
            JsonNode specs = n.path("services");
            var list = new ArrayList<ReleaseService>();
            for (JsonNode entry : JsonTree.parse(services)) {
                String name = entry.path(0).asText();
                JsonNode service = specs.get(name);
                if (service == null) {
                    throw new IllegalArgumentException("service " + name + " is missing");
                }
                list.add(service(name, entry.path(1).asText(), service));
            }
            return new Release(
                    id,
                    JsonTree.need(n, "pipeline"),
                    JsonTree.textMap(n, "labels"),
                    constant(DriftMode.class, n, "drift", LanguageDefaults.DRIFT),
                    rollout(n.path("rollout")),
                    List.copyOf(list),
                    placement(JsonTree.textsOrNull(n, "engines"), n.path("placement")),
                    new Images(
                            JsonTree.flag(
                                    n.path("images"), "copy", LanguageDefaults.IMAGES.copy())));
        } catch (JsonProcessingException | IllegalArgumentException | DateTimeException e) {
            throw new StateJson.Unreadable(
                    "the stored release " + id + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static Rollout rollout(JsonNode n) {
        Rollout d = LanguageDefaults.ROLLOUT;
        return new Rollout(
                JsonTree.duration(n, "soak", d.soak()),
                JsonTree.duration(n, "progressDeadline", d.progressDeadline()),
                JsonTree.duration(n, "pullDeadline", d.pullDeadline()),
                JsonTree.duration(n, "pruneGrace", d.pruneGrace()),
                constant(OnFailure.class, n, "onFailure", d.onFailure()),
                JsonTree.number(n, "keep", d.keep()),
                JsonTree.flag(n, "irreversible", d.irreversible()),
                n.hasNonNull("engines") ? order(n.get("engines")) : null,
                JsonTree.flag(n, "atomic", d.atomic()));
    }

    private static EngineOrder order(JsonNode n) {
        EngineOrder d = EngineOrder.DEFAULT;
        return new EngineOrder(
                JsonTree.textsOrNull(n, "order"),
                JsonTree.text(n, "byLabel"),
                JsonTree.number(n, "maxParallel", d.maxParallel()),
                JsonTree.duration(n, "pause", d.pause()),
                constant(EngineOrder.OnUnreachable.class, n, "onUnreachable", d.onUnreachable()));
    }

    private static Placement placement(@Nullable List<String> engines, JsonNode n) {
        Placement d = LanguageDefaults.PLACEMENT;
        List<Selector.Term> terms = JsonTree.list(n.get("selector"), ReleaseJson::term);
        JsonNode failover = n.get("failover");
        return new Placement(
                engines,
                terms.isEmpty() ? null : new Selector(terms),
                constant(Strategy.class, n, "strategy", d.strategy()),
                JsonTree.number(n, "minEngines", d.minEngines()),
                failover == null
                        ? null
                        : new Placement.Failover(Duration.parse(JsonTree.need(failover, "after"))));
    }

    private static Selector.Term term(JsonNode n) {
        String label = JsonTree.need(n, "label");
        if (n.has("in")) {
            return new Selector.In(label, new TreeSet<>(JsonTree.texts(n, "in")));
        }
        if (n.has("notIn")) {
            return new Selector.NotIn(label, new TreeSet<>(JsonTree.texts(n, "notIn")));
        }
        return JsonTree.flag(n, "exists", true)
                ? new Selector.Exists(label)
                : new Selector.Absent(label);
    }

    private static ReleaseService service(String name, String specHash, JsonNode n) {
        return new ReleaseService(
                name,
                JsonTree.texts(n, "dependsOn"),
                JsonTree.number(n, "replicas", LanguageDefaults.REPLICAS),
                JsonTree.need(n, "reference"),
                constant(PullPolicy.class, n, "pull", LanguageDefaults.PULL),
                specHash,
                spec(n.path("spec")),
                JsonTree.flag(n, "stateful", false),
                n.hasNonNull("restartUnhealthyAfter")
                        ? Duration.parse(JsonTree.need(n, "restartUnhealthyAfter"))
                        : null);
    }

    private static WorkloadSpec spec(JsonNode n) {
        return new WorkloadSpec(
                ImageRef.parse(JsonTree.need(n, "image")),
                JsonTree.textsOrNull(n, "entrypoint"),
                JsonTree.textsOrNull(n, "command"),
                JsonTree.textMap(n, "env"),
                JsonTree.text(n, "user"),
                JsonTree.text(n, "workingDir"),
                JsonTree.textMap(n, "labels"),
                JsonTree.list(n.get("ports"), ReleaseJson::port),
                JsonTree.list(n.get("files"), ReleaseJson::file),
                JsonTree.list(n.get("secrets"), ReleaseJson::secret),
                JsonTree.list(n.get("volumes"), ReleaseJson::volume),
                JsonTree.textMap(n, "tmpfs"),
                healthcheck(n.get("healthcheck")),
                new Resources(JsonTree.whole(n, "nanoCpus"), JsonTree.whole(n, "memory")),
                JsonTree.flag(n, "readOnly", false),
                JsonTree.map(
                        n.get("ulimits"),
                        u -> new Ulimit(u.path("soft").longValue(), u.path("hard").longValue())),
                JsonTree.text(n, "stopSignal"),
                JsonTree.duration(n, "stopGracePeriod", LanguageDefaults.STOP_GRACE_PERIOD),
                restart(JsonTree.text(n, "restart", LanguageDefaults.RESTART.word())),
                n.hasNonNull("logging") ? logging(n.get("logging")) : null,
                plain(n));
    }

    private static FieldValues plain(JsonNode n) {
        var values = new TreeMap<String, Object>();
        for (PlainField field : PlainField.all()) {
            if (n.has(field.key())) {
                values.put(field.key(), plain(field.type(), n, field.key()));
            }
        }
        return FieldValues.of(values);
    }

    private static Object plain(FieldType type, JsonNode n, String key) {
        return switch (type) {
            case FieldType.Flag _ -> n.get(key).booleanValue();
            case FieldType.Whole _, FieldType.Bytes _ -> n.get(key).longValue();
            case FieldType.Texts _ -> JsonTree.texts(n, key);
            case FieldType.TextMap _ -> JsonTree.textMap(n, key);
        };
    }

    private static Port port(JsonNode n) {
        return new Port(
                n.path("container").intValue(),
                range(JsonTree.text(n, "host")),
                constant(Port.Protocol.class, n, "protocol", LanguageDefaults.PROTOCOL),
                JsonTree.text(n, "hostIp", LanguageDefaults.HOST_IP));
    }

    private static Port.@Nullable Range range(@Nullable String host) {
        if (host == null) {
            return null;
        }
        int dash = host.indexOf('-');
        int first = Integer.parseInt(dash < 0 ? host : host.substring(0, dash));
        return new Port.Range(first, dash < 0 ? first : Integer.parseInt(host.substring(dash + 1)));
    }

    private static SpecFile file(JsonNode n) {
        return new SpecFile(
                JsonTree.need(n, "target"),
                mode(n, LanguageDefaults.FILE_MODE),
                JsonTree.number(n, "uid", LanguageDefaults.OWNER),
                JsonTree.number(n, "gid", LanguageDefaults.OWNER),
                JsonTree.need(n, "sha256"));
    }

    private static SecretMount secret(JsonNode n) {
        String name = JsonTree.need(n, "name");
        String target = JsonTree.need(n, "target");
        String as = JsonTree.need(n, "as");
        return switch (as) {
            case "env" -> new SecretMount.AsEnv(name, target);
            case "file" ->
                    new SecretMount.AsFile(
                            name,
                            target,
                            mode(n, LanguageDefaults.SECRET_MODE),
                            JsonTree.number(n, "uid", LanguageDefaults.OWNER),
                            JsonTree.number(n, "gid", LanguageDefaults.OWNER));
            default -> throw new IllegalArgumentException("a secret as " + as);
        };
    }

    private static int mode(JsonNode n, int otherwise) {
        String octal = JsonTree.text(n, "mode");
        return octal == null ? otherwise : Integer.parseInt(octal, 8);
    }

    private static VolumeMount volume(JsonNode n) {
        return new VolumeMount(
                JsonTree.need(n, "name"),
                JsonTree.need(n, "target"),
                JsonTree.flag(n, "shared", false),
                JsonTree.flag(n, "readOnly", false));
    }

    private static @Nullable Healthcheck healthcheck(@Nullable JsonNode n) {
        if (n == null || n.isNull()) {
            return null;
        }
        if (n.isTextual()) {
            return new Healthcheck.None();
        }
        return new Healthcheck.Check(
                test(n),
                JsonTree.duration(n, "interval", LanguageDefaults.CHECK_INTERVAL),
                JsonTree.duration(n, "timeout", LanguageDefaults.CHECK_TIMEOUT),
                JsonTree.number(n, "retries", LanguageDefaults.CHECK_RETRIES),
                JsonTree.duration(n, "startPeriod", LanguageDefaults.CHECK_START_PERIOD));
    }

    private static Healthcheck.Test test(JsonNode n) {
        if (n.has("exec")) {
            return new Healthcheck.Exec(JsonTree.texts(n, "exec"));
        }
        if (n.has("http")) {
            JsonNode http = n.get("http");
            return new Healthcheck.Http(http.path("port").intValue(), JsonTree.need(http, "path"));
        }
        if (n.has("tcp")) {
            return new Healthcheck.Tcp(n.get("tcp").path("port").intValue());
        }
        throw new IllegalArgumentException("a health check without a test");
    }

    private static RestartPolicy restart(String word) {
        for (var policy : RestartPolicy.values()) {
            if (policy.word().equals(word)) {
                return policy;
            }
        }
        throw new IllegalArgumentException("no restart policy " + word);
    }

    private static Logging logging(JsonNode n) {
        return new Logging(JsonTree.need(n, "driver"), JsonTree.textMap(n, "options"));
    }

    private static <E extends Enum<E>> E constant(
            Class<E> type, JsonNode n, String key, E otherwise) {
        String word = JsonTree.text(n, key);
        return word == null ? otherwise : Enum.valueOf(type, word.toUpperCase(Locale.ROOT));
    }
}
