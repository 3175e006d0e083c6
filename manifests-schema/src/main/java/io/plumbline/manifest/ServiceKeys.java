package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Keys;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * The table of the keys of a service. From it come the keys that the reader accepts in {@code
 * spec.services} and {@code spec.defaults}, and the same parts of the JSON Schema and of
 * docs/manifest-reference.md. A field that needs no code of its own is complete with its row here
 * and its place in the engine's API, see {@link PlainField}.
 */
final class ServiceKeys {

    private static final FieldType CAPABILITIES =
            new FieldType.Texts(
                    ContainerDecoder::capability,
                    ref("capability"),
                    false,
                    ContainerDecoder::capabilityName);

    private static final FieldType ADDRESSES = inOrder(Forms::address, ref("address"));

    private static final FieldType EXTRA_HOSTS =
            inOrder(
                    Forms::extraHost,
                    "{title: 'Host entry', description: '`name:address`; the address may be `host-gateway`.', examples: ['db:10.0.0.9'], type: string, pattern: '^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?:[^\\s]+$', maxLength: 320}");

    /** All keys, in the order of the reference page. */
    static final List<ServiceKey> ALL =
            List.of(
                    key("name", ref("name"))
                            .titled("Name")
                            .described(
                                    "Name, unique among the services and steps of the pipeline. Services reach a service under its name.")
                            .example("serve"),
                    key("image", ref("image"))
                            .titled("Image")
                            .described(
                                    "The image. It is resolved to a digest when a commit first uses it and stays that until `plumb sync --resolve`.")
                            .example("'registry.example.com/recsys/serve:1.4.2'"),
                    key("replicas", "{type: integer, minimum: 0, maximum: 1000}")
                            .titled("Replicas")
                            .described(
                                    "Containers: on each engine with strategy `everywhere`, in total with any other.")
                            .standard("1")
                            .example("2"),
                    key("stateful", "{type: boolean}")
                            .titled("Stateful")
                            .described(
                                    "The service has what only one place can have, such as the data in a volume: it never moves to another engine by itself, neither when its engine is lost nor when that is drained.")
                            .standard("false")
                            .example("true"),
                    key("dependsOn", set("name"))
                            .titled("Depends on")
                            .described(
                                    "What must be ready first: services that are healthy, steps that succeeded. A step names steps only.")
                            .example("[store]"),
                    key("entrypoint", ref("words"))
                            .titled("Entrypoint")
                            .described(
                                    "Replaces the image's ENTRYPOINT. A list: no shell splits it.")
                            .example("[/usr/bin/tini, '--']"),
                    key("command", ref("words"))
                            .titled("Command")
                            .described("Replaces the image's CMD. A list: no shell splits it.")
                            .example("[python, serve.py]"),
                    key("args", ref("words"))
                            .titled("Arguments")
                            .described(
                                    "Appended to `command`; without `command` they replace the image's CMD.")
                            .example("['--port', '8080']"),
                    key("env", ref("env"))
                            .titled("Environment")
                            .described(
                                    "Variables by name. Values are taken as they are written: `NO`, `0440` and `1e3` stay that text.")
                            .example("{LOG_LEVEL: info, WORKERS: 4}")
                            .inDefaults()
                            .not("environment"),
                    key("user", ref("user"))
                            .titled("User")
                            .described(
                                    "User or user:group that the program runs as, by number or name. If omitted, the default is the image's.")
                            .example("'1000:1000'")
                            .inDefaults(),
                    key(
                                    "workingDir",
                                    "{type: string, anyOf: [{const: /}, {$ref: '#/$defs/target'}]}")
                            .titled("Working directory")
                            .described(
                                    "Absolute path that the program starts in. If omitted, the default is the image's.")
                            .example("/app"),
                    key("labels", ref("labels"))
                            .titled("Labels")
                            .described(
                                    "The committer's own labels on each container. Labels that tools on the engine's machine obey, such as traefik.*, need the operator's `allow.labels`.")
                            .example("{team: discovery}")
                            .inDefaults(),
                    key("ports", list("port"))
                            .titled("Ports")
                            .described(
                                    "Ports that are published on the engine's host, by the network `plumbline-base-<pipeline>`. Services answer to their names on the network `plumbline_<pipeline>`. A container port is listed once per protocol.")
                            .example("[{container: 8080, host: '8080-8089'}]"),
                    key("files", list("file"))
                            .titled("Files")
                            .described("Files from Git, copied into the container.")
                            .example("[{source: config/serve.toml, target: /etc/serve.toml}]"),
                    key("secrets", list("secret"))
                            .titled("Secrets")
                            .described(
                                    "Values from the agent's secret store. The manifest only names them.")
                            .example("[{name: api-key, target: /run/secrets/api-key}]"),
                    key("volumes", list("volume"))
                            .titled("Volumes")
                            .described("Named volumes of the pipeline.")
                            .example("[{name: cache, target: /cache, shared: true}]"),
                    key("tmpfs", list("tmpfs"))
                            .titled("Temporary file systems")
                            .described("Folders in memory, as `/path` or `/path:options`.")
                            .example("['/tmp:size=64m,mode=1777']"),
                    key("healthcheck", "{anyOf: [{const: none}, {$ref: '#/$defs/healthcheck'}]}")
                            .titled("Health check")
                            .described(
                                    "How the engine judges health. `none` turns the image's own check off. If omitted, the image's own check is used. If that has none, a service is healthy when it stays up through the soak without a restart.")
                            .example("{http: {port: 8080, path: /healthz}}")
                            .example("none"),
                    key("resources", ref("resources"))
                            .titled("Resources")
                            .described("Limits of one container. If omitted, there are none.")
                            .example("{cpus: '1.5', memory: '1Gi'}")
                            .inDefaults(),
                    key("readOnly", "{type: boolean}")
                            .titled("Read-only root")
                            .described(
                                    "Makes the container's root file system read-only. Files and secrets still arrive.")
                            .standard("false")
                            .example("true")
                            .inDefaults(),
                    flag("init")
                            .titled("Init process")
                            .described(
                                    "Runs a small init as process 1, which reaps zombies and passes signals on.")
                            .example("true")
                            .inDefaults(),
                    texts("capAdd", CAPABILITIES)
                            .titled("Added capabilities")
                            .described(
                                    "Kernel capabilities beyond the engine's default ones, as far as the operator allows them.")
                            .example("[NET_BIND_SERVICE]"),
                    texts("capDrop", CAPABILITIES)
                            .titled("Dropped capabilities")
                            .described("Kernel capabilities that the containers do not get.")
                            .example("[ALL]"),
                    key(
                                    "ulimits",
                                    "{type: object, propertyNames: {enum: [core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc, rss, rtprio, rttime, sigpending, stack]}, additionalProperties: {anyOf: [{type: integer, minimum: -1}, {$ref: '#/$defs/ulimit'}]}}")
                            .titled("Kernel limits")
                            .described(
                                    "Limits by name, see setrlimit(2): a number for both, or soft and hard. -1 is no limit. nice and rtprio need the operator's `allow.ulimits`.")
                            .example("{nofile: {soft: 1024, hard: 65536}}"),
                    new ServiceKey(
                                    "sysctls",
                                    new FieldType.TextMap(Sysctls::read, Sysctls.SCHEMA),
                                    Map.of())
                            .titled("Kernel parameters")
                            .described(
                                    "Kernel parameters by name, see sysctl(8): those that a container has for itself, which are `net.*`, `fs.mqueue.*` and those of System V IPC below `kernel.`. Each name needs the operator's `allow.sysctls`.")
                            .example(
                                    "{net.core.somaxconn: 4096, net.ipv4.ip_local_port_range: 1024 65000}")
                            .permittedBy("sysctls", "kernel parameter"),
                    new ServiceKey("oomScoreAdj", new FieldType.Whole(0, 1000), 0L)
                            .titled("Score for out of memory")
                            .described(
                                    "Is added to the score by which the kernel chooses the process that it ends when the engine's machine is out of memory; it ends the highest score first.")
                            .example("500")
                            .not("oom_score_adj"),
                    decidedByEngine("shmSize", new FieldType.Bytes(1))
                            .titled("Shared memory")
                            .described(
                                    "Size of /dev/shm. If omitted, the default is the engine's, 64Mi.")
                            .example("'1Gi'"),
                    texts("dns", ADDRESSES)
                            .titled("DNS servers")
                            .described(
                                    "Addresses of name servers. If omitted, the default is the engine's.")
                            .example("['10.0.0.2']")
                            .inDefaults(),
                    texts("extraHosts", EXTRA_HOSTS)
                            .titled("Extra hosts")
                            .described("Further lines for /etc/hosts.")
                            .example("['db:10.0.0.9']"),
                    key("stopSignal", ref("signal"))
                            .titled("Stop signal")
                            .described(
                                    "Signal that asks the program to end. If omitted, the default is the image's, else SIGTERM.")
                            .example("SIGINT")
                            .inDefaults(),
                    key("stopGracePeriod", ref("seconds"))
                            .titled("Stop grace period")
                            .described("Time between the stop signal and the kill; whole seconds.")
                            .standard("'10s'")
                            .example("'1m30s'")
                            .inDefaults(),
                    key("restart", "{enum: ['no', always, on-failure, unless-stopped]}")
                            .titled("Restart policy")
                            .described(
                                    "The engine's restart policy; a help only, the agent starts what should run.")
                            .standard("unless-stopped")
                            .example("on-failure")
                            .inDefaults(),
                    key("pull", "{enum: [missing, always, never]}")
                            .titled("Pull policy")
                            .described(
                                    "When an image is pulled: where the engine does not have it, before each deployment, or never.")
                            .standard("missing")
                            .example("always")
                            .inDefaults(),
                    key("logging", ref("logging"))
                            .titled("Logging")
                            .described(
                                    "The engine's log driver, as far as the operator allows it. If omitted: json-file with max-size 10m and max-file 3.")
                            .example("{driver: local, options: {max-size: '10m'}}")
                            .inDefaults(),
                    key("inputs", ref("inputs"))
                            .titled("Inputs")
                            .described(
                                    "Data of steps by a name, copied into the container before its start.")
                            .example("{model: {from: train.model, path: /model}}"),
                    later(
                            "devices",
                            "Devices",
                            "Not supported yet: devices of the engine's host."));

    /** The keys of services that a step, which runs to its end, does not have. */
    static final Set<String> NOT_OF_STEPS =
            Set.of("replicas", "stateful", "ports", "healthcheck", "restart");

    /** The keys that need no code of their own. */
    static final List<PlainField> PLAIN =
            ALL.stream().map(ServiceKey::plain).filter(Objects::nonNull).toList();

    /** The permissions of the plain fields. */
    static final List<PlainField.Permission> PERMISSIONS =
            PLAIN.stream().map(PlainField::permission).filter(Objects::nonNull).toList();

    private ServiceKeys() {}

    /** Returns the keys of a service. */
    static Keys ofService() {
        return of(_ -> true);
    }

    /** Returns the keys that a step has, too. */
    static Keys ofSteps() {
        return of(k -> !NOT_OF_STEPS.contains(k.key()));
    }

    private static Keys of(Predicate<ServiceKey> which) {
        Keys keys =
                Keys.of(names(which.and(ServiceKey::isSupported)))
                        .later(names(which.and(k -> !k.isSupported())));
        for (ServiceKey key : ALL) {
            for (String other : which.test(key) ? key.confused() : List.<String>of()) {
                keys = keys.hint(other, "write '" + key.key() + "'");
            }
        }
        return keys;
    }

    /** Returns the keys of {@code spec.defaults}. */
    static Keys ofDefaults() {
        return Keys.of(names(ServiceKey::isInDefaults));
    }

    private static String[] names(Predicate<ServiceKey> which) {
        return ALL.stream().filter(which).map(ServiceKey::key).toArray(String[]::new);
    }

    private static ServiceKey key(String key, String form) {
        return new ServiceKey(key, form);
    }

    private static ServiceKey flag(String key) {
        return new ServiceKey(key, new FieldType.Flag(), false);
    }

    private static ServiceKey texts(String key, FieldType type) {
        return new ServiceKey(key, type, List.of());
    }

    private static ServiceKey decidedByEngine(String key, FieldType type) {
        return new ServiceKey(key, type, null);
    }

    private static FieldType inOrder(Fields.Reading<String> item, String schema) {
        return new FieldType.Texts(item, schema, true, UnaryOperator.identity());
    }

    private static ServiceKey later(String key, String title, String description) {
        return new ServiceKey(key, null).titled(title).described(description);
    }

    /** Returns the form of a value that the schema defines under this name. */
    private static String ref(String definition) {
        return "{$ref: '#/$defs/" + definition + "'}";
    }

    private static String list(String definition) {
        return "{type: array, items: " + ref(definition) + "}";
    }

    private static String set(String definition) {
        return "{type: array, items: " + ref(definition) + ", uniqueItems: true}";
    }
}
