package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Keys;

/** The keys of each mapping of the language. A test compares them with the JSON Schema. */
final class ManifestKeys {

    static final Keys DOCUMENT = Keys.of("apiVersion", "kind", "metadata", "spec");

    static final Keys METADATA = Keys.of("name", "labels", "was");

    static final Keys SPEC =
            Keys.of("placement", "defaults", "drift", "services", "rollout", "images")
                    .later("steps", "gates");

    static final Keys PLACEMENT =
            Keys.of("engines", "selector", "strategy", "minEngines", "failover");

    static final Keys FAILOVER = Keys.of("after");

    static final Keys ENGINE_ORDER =
            Keys.of("order", "byLabel", "maxParallel", "pause", "onUnreachable");

    static final Keys IMAGES = Keys.of("copy");

    static final Keys DEFAULTS = ServiceKeys.ofDefaults();

    static final Keys ROLLOUT =
            Keys.of(
                            "soak",
                            "progressDeadline",
                            "pullDeadline",
                            "pruneGrace",
                            "onFailure",
                            "keep",
                            "irreversible",
                            "engines",
                            "atomic")
                    .later("canary", "windows");

    private static final String NEVER =
            "a manifest cannot ask for privileged mode, host namespaces or bind mounts";

    static final Keys SERVICE =
            ServiceKeys.ofService()
                    .hint("env_file", "write the variables under 'env'")
                    .hint("build", "images are built elsewhere, name one with 'image'")
                    .hint("container_name", "containers are named by pipeline and service")
                    .hint("networks", "each pipeline has its own network")
                    .hint("memory", "write 'resources: {memory: ...}'")
                    .hint("mem_limit", "write 'resources: {memory: ...}'")
                    .hint("cpus", "write 'resources: {cpus: ...}'")
                    .hint("deploy", "write 'replicas' and 'resources'")
                    .hint("configs", "write 'files'")
                    .hint("privileged", NEVER)
                    .hint("network_mode", NEVER)
                    .hint("pid", NEVER)
                    .hint("ipc", NEVER);

    static final Keys PORT =
            Keys.of("container", "host", "protocol", "hostIp")
                    .hint("containerPort", "write 'container'")
                    .hint("hostPort", "write 'host'")
                    .hint("target", "write 'container'")
                    .hint("published", "write 'host'");

    static final Keys FILE = Keys.of("source", "target", "mode", "uid", "gid");

    static final Keys SECRET = Keys.of("name", "as", "target", "mode", "uid", "gid");

    static final Keys VOLUME =
            Keys.of("name", "target", "shared", "readOnly")
                    .hint("source", "a volume has a 'name'; bind mounts are not allowed");

    static final Keys HEALTHCHECK =
            Keys.of(
                            "exec",
                            "http",
                            "tcp",
                            "interval",
                            "timeout",
                            "retries",
                            "startPeriod",
                            "onUnhealthy",
                            "restartAfter")
                    .hint("test", "write 'exec: [program, argument]', 'http' or 'tcp'");

    static final Keys HTTP = Keys.of("port", "path");

    static final Keys TCP = Keys.of("port");

    static final Keys RESOURCES = Keys.of("cpus", "memory").later("gpus");

    static final Keys ULIMIT = Keys.of("soft", "hard");

    static final Keys LOGGING = Keys.of("driver", "options");

    private ManifestKeys() {}
}
