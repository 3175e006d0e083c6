package io.plumbline.adapter.docker;

import static io.plumbline.core.FailureKind.CONFLICT;
import static io.plumbline.core.FailureKind.DENIED;
import static io.plumbline.core.FailureKind.INVALID;
import static io.plumbline.core.FailureKind.MISSING;
import static io.plumbline.core.FailureKind.TRANSIENT;
import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.adapter.docker.EngineErrors.Doing;
import io.plumbline.core.FailureKind;
import java.util.List;
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
                            INVALID),
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
                            INVALID),
                    start(
                            500,
                            "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: memory limit too low",
                            INVALID),
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
                    start(500, "something nobody has seen before", TRANSIENT),
                    start(409, "Container 1f is not running", CONFLICT),
                    start(
                            409,
                            "Container 1f is paused, unpause the container before exec",
                            CONFLICT),
                    start(403, "endpoint with name web already exists in network shop", CONFLICT),
                    other(404, "No such network: x", MISSING),
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

    @TestFactory
    List<DynamicTest> meansWhatItSays() {
        return TABLE.stream()
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

    @Test
    void takesTheSentenceOutOfTheBody() {
        assertThat(EngineErrors.sentence("Status 404: {\"message\":\"No such container: x\"}\n"))
                .isEqualTo("No such container: x");
        assertThat(EngineErrors.sentence("{\"message\":\"a\\n  b: unknown\"}")).isEqualTo("a b");
        assertThat(EngineErrors.sentence("page not found\n")).isEqualTo("page not found");
        assertThat(EngineErrors.sentence("{broken")).isEqualTo("{broken");
        assertThat(EngineErrors.sentence("")).isEqualTo("no explanation");
        assertThat(EngineErrors.sentence("x".repeat(5000))).hasSize(603);
    }
}
