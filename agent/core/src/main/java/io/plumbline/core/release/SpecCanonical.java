package io.plumbline.core.release;

import io.plumbline.core.release.CanonicalJson.Members;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.Logging;
import io.plumbline.manifest.Port;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.Ulimit;
import io.plumbline.manifest.VolumeMount;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The canonical form of a {@link WorkloadSpec} and its hash, the label {@code plumbline.spec}.
 *
 * <p>The keys, each left out where the component is null, empty or the default of {@link
 * LanguageDefaults} ({@code entrypoint} and {@code command} are written when they are empty but not
 * null, which means something else):
 *
 * <pre>
 * image            string, {@link ImageRef#engineName()}
 * entrypoint       list of strings
 * command          list of strings
 * env              object of strings
 * user, workingDir string
 * labels           object of strings
 * ports            list of {container: number, host: "8080" or "8080-8089", protocol: "udp", hostIp}
 * files            list of {target, sha256, mode: "0755" octal, uid: number, gid: number}
 * secrets          list of {as: "env", name, target} and {as: "file", name, target, mode, uid, gid}
 * volumes          list of {name, target, shared: true, readOnly: true}
 * tmpfs            object: target to options
 * healthcheck      "none", or {exec: [...]} or {http: {port, path}} or {tcp: {port}}, each with
 *                  interval, timeout, startPeriod (ISO 8601: "PT30S") and retries
 * nanoCpus, memory number
 * readOnly         true
 * ulimits          object: name to {soft, hard}
 * stopSignal       string
 * stopGracePeriod  ISO 8601
 * restart          string, the policy's word
 * logging          {driver, options: object of strings}
 * plain fields     by their keys in a manifest: true, number, list or object of strings; see
 *                  {@link io.plumbline.manifest.PlainField}
 * </pre>
 */
public final class SpecCanonical {

    /** The prefix of every hash: the version of the canonical form. */
    public static final String VERSION = "v1:";

    private SpecCanonical() {}

    /** Returns the canonical JSON. */
    public static String json(WorkloadSpec spec) {
        return CanonicalJson.write(tree(spec));
    }

    /** Returns {@code v1:} and the first 32 hex digits of the SHA-256 of the canonical JSON. */
    public static String specHash(WorkloadSpec spec) {
        return hash(json(spec));
    }

    /** Returns {@code v1:} and the first 32 hex digits of the SHA-256 of a canonical text. */
    public static String hash(String canonical) {
        return VERSION + sha256(canonical).substring(0, 32);
    }

    /** Returns the 64 hex digits of the SHA-256 of a text in UTF-8. */
    public static String sha256(String text) {
        try {
            var sha = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256; this one has not", e);
        }
    }

    /** Returns the canonical form as maps, lists, texts and numbers. */
    public static Map<String, Object> tree(WorkloadSpec s) {
        return new Members()
                .put("image", s.image().engineName())
                .nullable("entrypoint", s.entrypoint())
                .nullable("command", s.command())
                .object("env", s.env())
                .nullable("user", s.user())
                .nullable("workingDir", s.workingDir())
                .object("labels", s.labels())
                .list("ports", s.ports().stream().map(SpecCanonical::port).toList())
                .list("files", s.files().stream().map(SpecCanonical::file).toList())
                .list("secrets", s.secrets().stream().map(SpecCanonical::secret).toList())
                .list("volumes", s.volumes().stream().map(SpecCanonical::volume).toList())
                .object("tmpfs", s.tmpfs())
                .nullable(
                        "healthcheck",
                        s.healthcheck() == null ? null : healthcheck(s.healthcheck()))
                .nullable("nanoCpus", s.resources().nanoCpus())
                .nullable("memory", s.resources().memory())
                .unless(false, "readOnly", s.readOnly())
                .object("ulimits", ulimits(s.ulimits()))
                .nullable("stopSignal", s.stopSignal())
                .unless(
                        LanguageDefaults.STOP_GRACE_PERIOD.toString(),
                        "stopGracePeriod",
                        s.stopGracePeriod().toString())
                .unless(LanguageDefaults.RESTART.word(), "restart", s.restart().word())
                .nullable("logging", s.logging() == null ? null : logging(s.logging()))
                .all(s.fields().byKey())
                .done();
    }

    private static Map<String, Object> port(Port p) {
        return new Members()
                .put("container", p.container())
                .nullable("host", p.host() == null ? null : p.host().toString())
                .unless(word(LanguageDefaults.PROTOCOL), "protocol", word(p.protocol()))
                .unless(LanguageDefaults.HOST_IP, "hostIp", p.hostIp())
                .done();
    }

    private static Map<String, Object> file(SpecFile f) {
        return new Members()
                .put("target", f.target())
                .put("sha256", f.sha256())
                .unless(octal(LanguageDefaults.FILE_MODE), "mode", octal(f.mode()))
                .unless(LanguageDefaults.OWNER, "uid", f.uid())
                .unless(LanguageDefaults.OWNER, "gid", f.gid())
                .done();
    }

    private static Map<String, Object> secret(SecretMount secret) {
        return switch (secret) {
            case SecretMount.AsEnv e ->
                    new Members()
                            .put("as", "env")
                            .put("name", e.name())
                            .put("target", e.target())
                            .done();
            case SecretMount.AsFile f ->
                    new Members()
                            .put("as", "file")
                            .put("name", f.name())
                            .put("target", f.target())
                            .unless(octal(LanguageDefaults.SECRET_MODE), "mode", octal(f.mode()))
                            .unless(LanguageDefaults.OWNER, "uid", f.uid())
                            .unless(LanguageDefaults.OWNER, "gid", f.gid())
                            .done();
        };
    }

    private static Map<String, Object> volume(VolumeMount v) {
        return new Members()
                .put("name", v.name())
                .put("target", v.target())
                .unless(false, "shared", v.shared())
                .unless(false, "readOnly", v.readOnly())
                .done();
    }

    private static Object healthcheck(Healthcheck healthcheck) {
        return switch (healthcheck) {
            case Healthcheck.None _ -> "none";
            case Healthcheck.Check c -> {
                var m = new Members();
                switch (c.test()) {
                    case Healthcheck.Exec e -> m.put("exec", e.command());
                    case Healthcheck.Http h ->
                            m.put("http", Map.of("port", h.port(), "path", h.path()));
                    case Healthcheck.Tcp t -> m.put("tcp", Map.of("port", t.port()));
                }
                yield m.unless(
                                LanguageDefaults.CHECK_INTERVAL.toString(),
                                "interval",
                                c.interval().toString())
                        .unless(
                                LanguageDefaults.CHECK_TIMEOUT.toString(),
                                "timeout",
                                c.timeout().toString())
                        .unless(LanguageDefaults.CHECK_RETRIES, "retries", c.retries())
                        .unless(
                                LanguageDefaults.CHECK_START_PERIOD.toString(),
                                "startPeriod",
                                c.startPeriod().toString())
                        .done();
            }
        };
    }

    private static Map<String, Object> ulimits(Map<String, Ulimit> ulimits) {
        var out = new TreeMap<String, Object>();
        ulimits.forEach((k, v) -> out.put(k, Map.of("soft", v.soft(), "hard", v.hard())));
        return out;
    }

    private static Map<String, Object> logging(Logging logging) {
        return new Members()
                .put("driver", logging.driver())
                .object("options", logging.options())
                .done();
    }

    private static String octal(int mode) {
        return String.format(Locale.ROOT, "%04o", mode);
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** Returns the list sorted and without duplicates, so that order has no meaning. */
    static <T extends Comparable<T>> List<T> sorted(List<T> list) {
        return list.stream().distinct().sorted().toList();
    }
}
