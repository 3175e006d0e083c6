package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Keys;
import java.util.List;

/** The keys of each mapping of the language. A test compares them with the JSON Schema. */
final class ManifestKeys {

    static final Keys DOCUMENT = Keys.of("apiVersion", "kind", "metadata", "spec");

    static final Keys METADATA = Keys.of("name", "labels", "was");

    static final Keys SPEC =
            Keys.of(
                            "placement",
                            "defaults",
                            "drift",
                            "after",
                            "params",
                            "steps",
                            "gates",
                            "services",
                            "rollout",
                            "images")
                    .later("triggers", "concurrency", "history");

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

    /** What people write for a container in other languages. */
    private static final Keys CONTAINER =
            Keys.of()
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

    private static final String OF_STEPS = "this is a key of steps";

    static final Keys SERVICE =
            ServiceKeys.ofService()
                    .hints(CONTAINER)
                    .hint("outputs", OF_STEPS)
                    .hint("retry", OF_STEPS + "; a service has 'restart'")
                    .hint("timeout", OF_STEPS)
                    .hint("cache", OF_STEPS)
                    .hint("once", OF_STEPS);

    private static final String RUNS_ONCE = "a step runs to its end; this is a key of services";

    static final Keys STEP =
            ServiceKeys.ofSteps()
                    .and(List.of("outputs", "timeout", "retry", "cache", "once"))
                    .later("when", "matrix", "runAlways")
                    .hints(CONTAINER)
                    .hint("container_name", "containers are named by pipeline, step and run")
                    .hint("deploy", "write 'resources'")
                    .hint("ports", RUNS_ONCE)
                    .hint("replicas", RUNS_ONCE)
                    .hint("healthcheck", RUNS_ONCE)
                    .hint("restart", "a step has 'retry'")
                    .hint("stateful", RUNS_ONCE);

    static final Keys PREDECESSOR = Keys.of("pipeline", "state");

    static final Keys PARAM = Keys.of("type", "default", "enum").hint("value", "write 'default'");

    static final Keys STEP_INPUT = Keys.of("from", "path").hint("target", "write 'path'");

    static final Keys STEP_OUTPUT = Keys.of("type", "path").hint("target", "write 'path'");

    static final Keys STEP_TIMEOUT = Keys.of("running", "queued");

    static final Keys STEP_RETRY = Keys.of("limit", "backoff", "on");

    static final Keys STEP_BACKOFF = Keys.of("duration", "factor", "maxDuration");

    static final Keys EXIT_CODES = Keys.of("exitCode");

    static final Keys STEP_CACHE = Keys.of("enabled", "maxAge", "version", "ignore");

    static final Keys GATE = Keys.of("metric", "approval").later("command");

    static final Keys APPROVAL_GATE = Keys.of("timeout").later("roles", "notAuthor");

    static final Keys METRIC_GATE =
            Keys.of("name", "from", "min", "max", "compareTo", "maxRegression", "higherIsBetter");

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
