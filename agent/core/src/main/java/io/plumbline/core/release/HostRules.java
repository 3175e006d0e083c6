package io.plumbline.core.release;

import io.plumbline.manifest.Logging;
import io.plumbline.manifest.PlainField;
import io.plumbline.manifest.SecretMount;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The rules for what a manifest may ask of an engine's machine, and of other programs there that
 * read containers' labels and variables. A component is null if the operator has not set the key.
 * Then the default applies, and releases that were stored by a version without these rules are
 * exempt.
 *
 * @param logDrivers {@code allow.logDrivers}
 * @param labels {@code allow.labels}, patterns of labels' keys
 * @param env {@code allow.env}, patterns of variables' names
 * @param ulimits {@code allow.ulimits}, names of limits
 * @param fields the lists of {@code allow} for plain fields, by {@link
 *     io.plumbline.manifest.PlainField.Permission#key()}; if one is missing, no name is allowed
 */
public record HostRules(
        @Nullable List<LogDriverRule> logDrivers,
        @Nullable KeyPatterns labels,
        @Nullable KeyPatterns env,
        @Nullable Set<String> ulimits,
        SortedMap<String, KeyPatterns> fields) {

    /** The rules if no key is set. */
    public static final HostRules DEFAULT =
            new HostRules(null, null, null, null, Collections.emptySortedMap());

    /** Drivers that write only to the engine's own folder, or nowhere. */
    public static final List<LogDriverRule> LOG_DRIVERS =
            List.of(
                    LogDriverRule.plain("json-file"),
                    LogDriverRule.plain("local"),
                    LogDriverRule.plain("none"));

    /**
     * All labels except those that known programs on an engine's machine read; docs/threat-model.md
     * lists them.
     */
    public static final KeyPatterns LABELS =
            KeyPatterns.of(
                    "*",
                    "!traefik.*",
                    "!caddy",
                    "!caddy.*",
                    "!caddy_*",
                    "!com.github.nginx-proxy.*",
                    "!com.github.jrcs.letsencrypt_nginx_proxy_companion.*",
                    "!com.centurylinklabs.watchtower.*",
                    "!wud.*",
                    "!diun.*",
                    "!keel.*",
                    "!io.containers.*",
                    "!ofelia.*",
                    "!chadburn.*",
                    "!deck-chores.*",
                    "!swarm.cronjob.*",
                    "!docker-volume-backup.*",
                    "!autoheal",
                    "!autoheal.*",
                    "!sablier.*",
                    "!lazytainer.*",
                    "!dockflare.*",
                    "!tsdproxy.*",
                    "!io.portainer.*",
                    "!io.rancher.*",
                    "!co.elastic.*",
                    "!com.datadoghq.*",
                    "!com.gitlab.gitlab-runner.*",
                    "!com.docker.compose.*",
                    "!com.docker.stack.*",
                    "!com.docker.swarm.*");

    /** All variables except the host names that a proxy on the machine reads. */
    public static final KeyPatterns ENV =
            KeyPatterns.of("*", "!VIRTUAL_HOST", "!VIRTUAL_HOST_MULTIPORTS", "!LETSENCRYPT_HOST");

    /**
     * Labels that {@code docker compose build} sets on images. Compose does not adopt a container
     * by these alone.
     */
    private static final Set<String> SET_BY_COMPOSE_BUILD =
            Set.of(
                    "com.docker.compose.project",
                    "com.docker.compose.service",
                    "com.docker.compose.version");

    /** Limits that give a container precedence over the machine's own processes. */
    public static final Set<String> ULIMITS_TO_ALLOW = Set.of("nice", "rtprio");

    /**
     * A setting of a service that is not allowed.
     *
     * @param text a clause: {@code log driver fluentd is not in allow.logDrivers}
     * @param set whether the operator set the key that forbids it
     */
    record Finding(String text, boolean set) {}

    List<Finding> findings(WorkloadSpec spec) {
        var out = new ArrayList<Finding>();
        var logging = spec.logging();
        if (logging != null) {
            for (var text : logging(logging, spec.secrets())) {
                out.add(new Finding(text, logDrivers != null));
            }
        }
        for (var key : spec.labels().keySet()) {
            if (!labelRules().allows(key)) {
                out.add(
                        new Finding(
                                "label " + key + " is not in the repository's allow.labels",
                                labels != null));
            }
        }
        for (var name : variables(spec)) {
            if (!envRules().allows(name)) {
                out.add(
                        new Finding(
                                "variable " + name + " is not in the repository's allow.env",
                                env != null));
            }
        }
        for (var name : spec.ulimits().keySet()) {
            boolean may =
                    ulimits == null ? !ULIMITS_TO_ALLOW.contains(name) : ulimits.contains(name);
            if (!may) {
                out.add(
                        new Finding(
                                "ulimit " + name + " is not in the repository's allow.ulimits",
                                ulimits != null));
            }
        }
        plain(spec, out);
        return out;
    }

    /** No release from before these rules has such a field, so none is exempt. */
    private void plain(WorkloadSpec spec, List<Finding> out) {
        for (PlainField field : PlainField.all()) {
            var needs = field.permission();
            if (needs == null) {
                continue;
            }
            var allowed = fields.getOrDefault(needs.key(), KeyPatterns.of());
            for (var name : PlainField.names(spec.fields().get(field))) {
                if (!allowed.allows(name)) {
                    out.add(
                            new Finding(
                                    "%s %s is not in the repository's allow.%s"
                                            .formatted(needs.noun(), name, needs.key()),
                                    true));
                }
            }
        }
    }

    /**
     * Returns a label or variable of an image that is not allowed; empty if there is none. An
     * operator's pattern list for manifests need not name each label that images have. So only what
     * a {@code !} pattern of the list or the default excludes is refused.
     */
    public Optional<String> inImage(Set<String> imageLabels, Set<String> imageVariables) {
        for (var key : imageLabels) {
            if (!SET_BY_COMPOSE_BUILD.contains(key) && bars(labels, LABELS, key)) {
                return Optional.of(
                        "label " + key + ", which is not in the repository's allow.labels");
            }
        }
        for (var name : imageVariables) {
            if (bars(env, ENV, name)) {
                return Optional.of(
                        "variable " + name + ", which is not in the repository's allow.env");
            }
        }
        return Optional.empty();
    }

    private static boolean bars(@Nullable KeyPatterns set, KeyPatterns usual, String key) {
        return set == null
                ? usual.excludes(key)
                : set.excludes(key) || (usual.excludes(key) && !set.allows(key));
    }

    /** Returns the rules for an exempt release: keys that are not set forbid nothing. */
    public HostRules exempting() {
        var all = KeyPatterns.of("*");
        return new HostRules(
                logDrivers,
                labels == null ? all : labels,
                env == null ? all : env,
                ulimits,
                fields);
    }

    private List<String> logging(Logging logging, List<SecretMount> secrets) {
        var rules = logDrivers == null ? LOG_DRIVERS : logDrivers;
        var rule = rules.stream().filter(r -> r.driver().equals(logging.driver())).findFirst();
        return rule.map(r -> r.violations(logging, secrets))
                .orElseGet(
                        () ->
                                List.of(
                                        "log driver "
                                                + logging.driver()
                                                + " is not in the repository's allow.logDrivers"));
    }

    private static List<String> variables(WorkloadSpec spec) {
        var out = new ArrayList<>(spec.env().keySet());
        for (var secret : spec.secrets()) {
            if (secret instanceof SecretMount.AsEnv variable) {
                out.add(variable.target());
            }
        }
        return out;
    }

    private KeyPatterns labelRules() {
        return labels == null ? LABELS : labels;
    }

    private KeyPatterns envRules() {
        return env == null ? ENV : env;
    }
}
