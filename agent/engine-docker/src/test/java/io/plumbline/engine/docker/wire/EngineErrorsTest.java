package io.plumbline.engine.docker.wire;

import static io.plumbline.core.FailureKind.CONFLICT;
import static io.plumbline.core.FailureKind.DENIED;
import static io.plumbline.core.FailureKind.INVALID;
import static io.plumbline.core.FailureKind.MISSING;
import static io.plumbline.core.FailureKind.REFUSED;
import static io.plumbline.core.FailureKind.TRANSIENT;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.core.FailureKind;
import io.plumbline.core.redact.Redactor;
import io.plumbline.engine.docker.wire.EngineErrors.Doing;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Texts of real engines and registries, and what they mean. */
class EngineErrorsTest {
    private record Row(Doing doing, int status, String text, FailureKind kind) {}

    private static Row start(int status, String text, FailureKind kind) {
        return new Row(Doing.CONTAINER, status, text, kind);
    }

    private static Row registry(int status, String text, FailureKind kind) {
        return new Row(Doing.REGISTRY, status, text, kind);
    }

    private static Row other(int status, String text, FailureKind kind) {
        return new Row(Doing.ANYTHING, status, text, kind);
    }

    private static final List<Row> TABLE =
            List.of(
                    start(404, "No such container: 0123", MISSING),
                    start(404, "No such image: app:1", MISSING),
                    start(404, "network 70245e84ce81 not found", MISSING),
                    start(
                            404,
                            "failed to set up container networking: network 4dd90656ae93 not found",
                            MISSING),
                    start(
                            409,
                            "Conflict. The container name \"/web\" is already in use by container \"1f\". You have to remove (or rename) that container to be able to reuse that name.",
                            CONFLICT),
                    start(
                            500,
                            "driver failed programming external connectivity on endpoint web (1f): Bind for 0.0.0.0:8080 failed: port is already allocated",
                            CONFLICT),
                    start(
                            500,
                            "driver failed programming external connectivity on endpoint web (1f): Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use",
                            CONFLICT),
                    start(
                            500,
                            "driver failed programming external connectivity on endpoint web (1f): all ports are allocated",
                            CONFLICT),
                    start(
                            400,
                            "OCI runtime create failed: container_linux.go:380: starting container process caused: exec: \"/no\": stat /no: no such file or directory: unknown",
                            INVALID),
                    start(
                            400,
                            "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"x\": executable file not found in $PATH: unknown",
                            INVALID),
                    start(
                            500,
                            "OCI runtime create failed: runc create failed: unable to start container process: exec: \"/x\": permission denied: unknown",
                            REFUSED),
                    start(
                            500,
                            "unable to find user nobody-here: no matching entries in passwd file",
                            INVALID),
                    start(
                            400,
                            "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available",
                            INVALID),
                    start(400, "Minimum memory limit allowed is 6MB", INVALID),
                    start(
                            400,
                            "invalid mount config for type \"volume\": invalid mount path",
                            INVALID),
                    start(400, "Duplicate mount point: /data", INVALID),
                    start(400, "logger: no log driver named 'x' is registered", INVALID),
                    start(
                            500,
                            "OCI runtime create failed: runc create failed: unable to start container process: error setting rlimit type 7: operation not permitted: unknown",
                            REFUSED),
                    start(
                            500,
                            "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: memory limit too low",
                            REFUSED),
                    start(
                            500,
                            "mkdir /var/lib/docker/overlay2/1f: no space left on device",
                            TRANSIENT),
                    start(
                            500,
                            "OCI runtime create failed: runc create failed: mkdir /sys/fs/cgroup: no space left on device: unknown",
                            TRANSIENT),
                    start(
                            500,
                            "OCI runtime create failed: fork/exec /usr/sbin/runc: resource temporarily unavailable: unknown",
                            TRANSIENT),
                    start(
                            500,
                            "connection error: desc = \"transport: dial unix /run/containerd/containerd.sock: connect: connection refused\": unavailable",
                            TRANSIENT),
                    start(500, "something nobody has seen before", REFUSED),
                    start(409, "Container 1f is not running", CONFLICT),
                    start(
                            409,
                            "Container 1f is paused, unpause the container before exec",
                            CONFLICT),
                    start(403, "endpoint with name web already exists in network shop", CONFLICT),
                    other(404, "No such network: x", MISSING),
                    other(404, "network sandbox for container 9881b64dd950 not found", TRANSIENT),
                    other(
                            403,
                            "error while removing network: network shop id 1f has active endpoints",
                            CONFLICT),
                    other(403, "Pool overlaps with other one on this address space", CONFLICT),
                    other(
                            409,
                            "You cannot remove a running container 1f. Stop the container before attempting removal or force remove",
                            CONFLICT),
                    other(500, "write /var/lib/docker/x: no space left on device", TRANSIENT),
                    other(503, "This node is not a swarm manager", TRANSIENT),
                    registry(
                            500,
                            "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io on 10.0.0.2:53: no such host",
                            TRANSIENT),
                    registry(
                            500,
                            "Get \"http://localhost:5000/v2/\": dial tcp 127.0.0.1:5000: connect: connection refused",
                            TRANSIENT),
                    registry(
                            500,
                            "Get \"https://r.example.com/v2/\": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
                            TRANSIENT),
                    registry(
                            500,
                            "Get \"https://r.example.com/v2/\": x509: certificate signed by unknown authority",
                            TRANSIENT),
                    registry(
                            500,
                            "received unexpected HTTP status: 503 Service Unavailable",
                            TRANSIENT),
                    registry(
                            0, "toomanyrequests: You have reached your pull rate limit", TRANSIENT),
                    registry(
                            0,
                            "write /var/lib/docker/tmp/GetImageBlob1: no space left on device",
                            TRANSIENT),
                    registry(0, "unexpected EOF", TRANSIENT),
                    registry(
                            404,
                            "manifest for r.example.com/a:9 not found: manifest unknown: manifest unknown",
                            MISSING),
                    registry(
                            404,
                            "repository r.example.com/a not found: name unknown: repository name not known to registry",
                            MISSING),
                    registry(0, "manifest unknown", MISSING),
                    registry(
                            500,
                            "Get \"https://r.example.com/v2/a/manifests/1\": unauthorized: authentication required",
                            DENIED),
                    registry(
                            500,
                            "Get \"http://localhost:5000/v2/a/manifests/1\": no basic auth credentials",
                            DENIED),
                    registry(
                            404,
                            "pull access denied for a, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
                            DENIED),
                    registry(
                            403,
                            "errors: denied: requested access to the resource is denied",
                            DENIED),
                    registry(401, "", DENIED),
                    registry(
                            404,
                            "no matching manifest for linux/arm64/v8 in the manifest list entries",
                            INVALID),
                    registry(400, "invalid reference format", INVALID));

    /** The engine names something that the manifest chose. */
    private static final List<Row> OWN =
            List.of(
                    start(
                            400,
                            "OCI runtime create failed: container_linux.go:348: starting container process caused \"exec: \\\"/registry\\\": executable file not found in $PATH\": unknown",
                            INVALID),
                    start(
                            400,
                            "OCI runtime create failed: container_linux.go:345: starting container process caused \"exec: \\\"cd\\\": executable file not found in $PATH\": unknown",
                            INVALID),
                    start(
                            400,
                            "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"/imitator/bin/imitator\": stat /imitator/bin/imitator: no such file or directory: unknown",
                            INVALID),
                    start(
                            400,
                            "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"nosuch\": executable file not found in $PATH: unknown",
                            INVALID),
                    start(
                            500,
                            "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec /app/main: exec format error: unknown",
                            INVALID),
                    start(
                            500,
                            "OCI runtime create failed: runc create failed: unable to start container process: exec: \"/etc\": is a directory: unknown",
                            INVALID),
                    start(
                            500,
                            "OCI runtime create failed: crun: executable file `nosuch` not found in $PATH: No such file or directory: OCI runtime command not found error",
                            INVALID),
                    start(
                            500,
                            "unable to find user appuser: no matching entries in passwd file",
                            INVALID),
                    start(
                            500,
                            "linux spec user: unable to find group staff2: no matching entries in group file",
                            INVALID),
                    start(
                            500,
                            "OCI runtime create failed: runc create failed: unable to start container process: chdir to cwd (\"/srv/none\") set in config.json failed: no such file or directory: unknown",
                            INVALID),
                    start(
                            500,
                            "OCI runtime create failed: runc create failed: unable to start container process: container init was OOM-killed (memory limit too low?): unknown",
                            INVALID),
                    start(
                            500,
                            "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: open /proc/sys/net/core/rmem_max: no such file or directory: unknown",
                            INVALID),
                    start(
                            500,
                            "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: write /proc/sys/net/core/somaxconn: invalid argument: unknown",
                            INVALID),
                    start(400, "no command specified", INVALID),
                    start(400, "Minimum memory limit allowed is 6MB", INVALID),
                    start(
                            400,
                            "Range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available",
                            INVALID),
                    start(400, "invalid CapAdd: unknown capability: \"CAP_NET_ADMINN\"", INVALID),
                    start(400, "unknown log opt 'max-sise' for json-file log driver", INVALID),
                    start(400, "logger: no log driver named 'fluent' is registered", INVALID),
                    start(400, "Duplicate mount point: /var/lib/data", INVALID),
                    start(
                            400,
                            "invalid mount config for type \"volume\": invalid mount path: 'data' mount path must be absolute",
                            INVALID),
                    start(400, "Interval in Healthcheck cannot be less than 1ms", INVALID),
                    start(
                            500,
                            "cannot overwrite non-directory \"/etc/hosts\" with directory \"/\"",
                            INVALID),
                    start(403, "container rootfs is marked read-only", INVALID));

    /** Parts of the host that every container needs; texts of public bug reports. */
    private static final List<Row> HOST =
            List.of(
                    start(
                            500,
                            "OCI runtime create failed: namespace {\"time\" \"\"} does not exist: unknown",
                            TRANSIENT),
                    start(
                            400,
                            "OCI runtime create failed: namespace {\"cgroup\" \"\"} does not exist: unknown",
                            TRANSIENT),
                    start(
                            500,
                            "OCI runtime create failed: systemd cgroup flag passed, but systemd support for managing cgroups is not available: unknown",
                            TRANSIENT),
                    start(500, "cgroups: cannot find cgroup mount destination: unknown", TRANSIENT),
                    start(
                            500,
                            "OCI runtime create failed: container_linux.go:380: starting container process caused: process_linux.go:385: applying cgroup configuration for process caused: error creating systemd unit `docker-1f.scope`: got `failed`: unknown",
                            TRANSIENT),
                    start(
                            500,
                            "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: unable to apply cgroup configuration: unable to start unit \"docker-1f.scope\" (properties [{Name:Slice Value:\"system.slice\"}]): The name org.freedesktop.systemd1 was not provided by any .service files: unknown",
                            TRANSIENT),
                    start(
                            500,
                            "OCI runtime create failed: container_linux.go:348: starting container process caused \"process_linux.go:279: applying cgroup configuration for process caused \\\"mountpoint for cgroup not found\\\"\": unknown",
                            TRANSIENT),
                    start(
                            500,
                            "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: unable to apply cgroup configuration: dial unix /run/systemd/private: connect: permission denied: unknown",
                            TRANSIENT),
                    start(500, "unable to find \"systemd\" in controller set: unknown", TRANSIENT),
                    start(
                            500,
                            "driver failed programming external connectivity on endpoint web (1f): (iptables failed: iptables --wait -t nat -A DOCKER -p tcp -d 0/0 --dport 8080 -j DNAT --to-destination 172.18.0.2:80 ! -i br-1f: iptables: No chain/target/match by that name. (exit status 1))",
                            TRANSIENT),
                    start(
                            500,
                            "driver failed programming external connectivity on endpoint web (1f): (iptables failed: iptables --wait -t nat -A DOCKER: iptables v1.8.2 (nf_tables): Chain 'DOCKER' does not exist (exit status 1))",
                            TRANSIENT),
                    start(
                            500,
                            "failed to set up container networking: driver failed programming external connectivity on endpoint web (1f): Unable to enable DNAT rule: (iptables failed: iptables --wait -t nat -A DOCKER: No chain/target/match by that name. (exit status 1))",
                            TRANSIENT),
                    start(
                            404,
                            "failed to set up container networking: could not find a network matching network mode default",
                            TRANSIENT),
                    start(
                            500,
                            "failed to create endpoint web on network shop: failed to add the host (veth1d85371) <=> sandbox (vethbc264f6) pair interfaces: operation not supported",
                            TRANSIENT),
                    start(
                            403,
                            "failed to create endpoint web on network shop: failed to add the host (veth1d85371) <=> sandbox (vethbc264f6) pair interfaces: operation not permitted",
                            TRANSIENT),
                    start(
                            500,
                            "adding interface veth5682e69 to bridge br-1f failed: exchange full",
                            TRANSIENT),
                    start(
                            500,
                            "no available IPv4 addresses on this network's address pools: shop (59b9)",
                            TRANSIENT),
                    start(
                            500,
                            "failed to start shim: exec: \"containerd-shim-runc-v2\": executable file not found in $PATH: unknown",
                            TRANSIENT),
                    start(
                            500,
                            "OCI runtime create failed: unable to retrieve OCI runtime error (open /run/docker/containerd/daemon/io.containerd.runtime.v1.linux/moby/1f/log.json: no such file or directory): exec: \"docker-runc\": executable file not found in $PATH: unknown",
                            TRANSIENT),
                    start(
                            400,
                            "failed to create task for container: failed to create shim task: OCI runtime create failed: unable to retrieve OCI runtime error (open log.json: no such file or directory): fork/exec /usr/bin/runc: no such file or directory: unknown",
                            TRANSIENT),
                    start(
                            500,
                            "OCI runtime create failed: unable to retrieve OCI runtime error (open log.json: no such file or directory): runc did not terminate successfully: exit status 127: runc: symbol lookup error: unknown",
                            TRANSIENT),
                    start(
                            500,
                            "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: can't get final child's PID from pipe: EOF: unknown",
                            TRANSIENT),
                    start(
                            500,
                            "OCI runtime create failed: container_linux.go:349: starting container process caused \"process_linux.go:449: container init caused \\\"apply apparmor profile: apparmor failed to apply profile: write /proc/self/attr/exec: permission denied\\\"\": unknown",
                            TRANSIENT),
                    start(
                            400,
                            "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: unable to apply apparmor profile: apparmor failed to apply profile: open /proc/self/attr/apparmor/exec: read-only file system: unknown",
                            TRANSIENT),
                    start(
                            500,
                            "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: unable to init seccomp: error loading seccomp filter into kernel: error loading seccomp filter: invalid argument: unknown",
                            TRANSIENT),
                    start(
                            500,
                            "error creating overlay mount to /var/lib/docker/overlay2/1f/merged: invalid argument",
                            TRANSIENT),
                    start(400, "unknown or invalid runtime name: nvidia", TRANSIENT),
                    start(400, "Unknown runtime specified nvidia", TRANSIENT),
                    start(
                            500,
                            "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error running hook #0: error running hook: exit status 1, stdout: , stderr: exec: \"nvidia-container-cli\": executable file not found in $PATH: unknown",
                            TRANSIENT),
                    start(
                            500,
                            "OCI runtime create failed: container_linux.go:262: starting container process caused \"open /proc/self/fd: no such file or directory\": unknown",
                            TRANSIENT),
                    start(
                            500,
                            "connection error: desc = \"transport: Error while dialing: dial unix:///run/containerd/containerd.sock: timeout\": unavailable",
                            TRANSIENT),
                    start(
                            500,
                            "failed to initialize logging driver: dial tcp 127.0.0.1:24224: connect: connection refused",
                            TRANSIENT));

    /** The text does not say whose fault it is: a control experiment decides. */
    private static final List<Row> DOUBTFUL =
            List.of(
                    start(
                            400,
                            "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"/docker-entrypoint.sh\": permission denied: unknown",
                            REFUSED),
                    start(
                            400,
                            "OCI runtime create failed: container_linux.go:344: starting container process caused \"exec\": stat: no such file or directory\": unknown",
                            REFUSED),
                    start(
                            400,
                            "OCI runtime create failed: runc create failed: unable to start container process: error during container init: error mounting \"/var/lib/docker/volumes/x/_data\" to rootfs at \"/data\": mount x:/data (via /proc/self/fd/6), flags: 0x5001: not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type",
                            REFUSED),
                    start(500, "mkdir /var/lib/docker/overlay2/1f: permission denied", REFUSED),
                    start(
                            500,
                            "OCI runtime create failed: runc create failed: unable to start container process: error during container init: invalid argument: unknown",
                            REFUSED),
                    start(400, "a sentence that no engine has said so far", REFUSED));

    /** A check whose program is missing has failed; one that could not be run has no result. */
    private static final List<Row> CHECKS =
            List.of(
                    new Row(
                            Doing.EXEC,
                            400,
                            "OCI runtime exec failed: exec failed: unable to start container process: exec: \"check\": executable file not found in $PATH: unknown",
                            INVALID),
                    new Row(
                            Doing.EXEC,
                            500,
                            "OCI runtime exec failed: exec failed: container_linux.go:349: starting container process caused \"exec: \\\"bash\\\": executable file not found in $PATH\": unknown",
                            INVALID),
                    new Row(
                            Doing.EXEC,
                            500,
                            "OCI runtime exec failed: exec failed: unable to start container process: error adding pid 1 to cgroups: failed to write 1: open /sys/fs/cgroup: permission denied: unknown",
                            TRANSIENT),
                    new Row(
                            Doing.EXEC,
                            400,
                            "OCI runtime exec failed: exec failed: unable to start container process: read init-p: connection reset by peer: unknown",
                            TRANSIENT),
                    new Row(
                            Doing.EXEC,
                            500,
                            "cannot exec in a stopped container: unknown",
                            TRANSIENT),
                    new Row(Doing.EXEC, 409, "Container 1f is not running", CONFLICT));

    /** Networks and volumes are never the release's fault. */
    private static final List<Row> NETWORKS =
            List.of(
                    other(400, "all predefined address pools have been fully subnetted", TRANSIENT),
                    other(403, "all predefined address pools have been fully subnetted", TRANSIENT),
                    other(
                            404,
                            "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
                            TRANSIENT),
                    other(
                            500,
                            "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
                            TRANSIENT),
                    other(
                            400,
                            "Failed to Setup IP tables: Unable to enable SKIP DNAT rule: (iptables failed: iptables --wait -t nat -I DOCKER -i br-1f -j RETURN: iptables: No chain/target/match by that name. (exit status 1))",
                            TRANSIENT),
                    other(
                            400,
                            "a network or a volume that cannot be, whatever the engine calls it",
                            TRANSIENT));

    @TestFactory
    List<DynamicTest> meansWhatItSays() {
        return Stream.of(TABLE, OWN, HOST, DOUBTFUL, CHECKS, NETWORKS)
                .flatMap(List::stream)
                .map(
                        row ->
                                DynamicTest.dynamicTest(
                                        row.doing + " " + row.status + " " + row.text,
                                        () ->
                                                assertThat(
                                                                EngineErrors.kind(
                                                                        row.doing,
                                                                        row.status,
                                                                        row.text))
                                                        .isEqualTo(row.kind)))
                .toList();
    }

    /** The texts of 20.10, of 28 and of a port that a process has. */
    @Test
    void aPortInUseIsTheCause() {
        var id = "1f".repeat(32);
        var failed =
                "driver failed programming external connectivity on endpoint web (" + id + "): ";
        for (var text :
                List.of(
                        failed + "Bind for 0.0.0.0:18095 failed: port is already allocated",
                        "failed to bind host port for 0.0.0.0:18095:172.18.0.2:80/tcp: port is"
                                + " already allocated")) {
            assertThat(EngineErrors.about("start container web on engine local", "local", text))
                    .startsWith(
                            "host port 18095 on engine local is in use by another container: free"
                                    + " it, or change ports[].host; start container web on engine"
                                    + " local: ")
                    .endsWith("port is already allocated")
                    .doesNotContain(id);
        }
        for (var text :
                List.of(
                        failed
                                + "Error starting userland proxy: listen tcp4 0.0.0.0:18095: bind:"
                                + " address already in use",
                        "failed to bind host port 0.0.0.0:18095/tcp: address already in use",
                        "listen udp6 [::]:18095: bind: address already in use")) {
            assertThat(EngineErrors.about("start container web on engine local", "local", text))
                    .startsWith("host port 18095 on engine local is in use by another process: ");
        }
        var other = "network " + id + " not found";
        assertThat(EngineErrors.about("start x on engine local", "local", other))
                .isEqualTo("start x on engine local: " + other);
    }

    @Test
    void takesTheSentenceOutOfTheBody() {
        assertThat(EngineErrors.sentence("Status 404: {\"message\":\"No such container: x\"}\n"))
                .isEqualTo("No such container: x");
        assertThat(EngineErrors.sentence("{\"message\":\"a\\n  b: unknown\"}")).isEqualTo("a b");
        assertThat(EngineErrors.sentence("page not found\n")).isEqualTo("page not found");
        assertThat(EngineErrors.sentence("{broken")).isEqualTo("{broken");
        assertThat(EngineErrors.sentence("")).isEqualTo("no explanation");
        assertThat(EngineErrors.sentence("x".repeat(5000)))
                .isEqualTo("x".repeat(600) + Redactor.CUT);
    }
}
