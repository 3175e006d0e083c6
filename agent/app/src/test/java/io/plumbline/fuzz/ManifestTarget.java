package io.plumbline.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.manifest.ManifestReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A file of the repository. */
final class ManifestTarget implements FuzzTarget {
    @Override
    public String name() {
        return "manifest";
    }

    @Override
    public List<byte[]> seeds() {
        return List.of(
                seed(
                        """
                        apiVersion: plumbline/v1
                        kind: Pipeline
                        metadata: {name: shop, labels: {team: a}}
                        spec:
                          drift: warn
                          services:
                            - &a
                              name: web
                              image: example/web:1@sha256:%s
                              command: [sh, -c, "true"]
                              env: {DATE: "2025-01-31", N: 1e3}
                              replicas: 2
                              ports: [{container: 8080, host: "8080-8089", protocol: udp}]
                              files: [{source: a/b, target: /etc/x, mode: "0444", uid: 1}]
                              secrets: [{name: key, as: env, target: KEY}]
                              volumes: [{name: cache, target: /cache, shared: true}]
                              healthcheck: {http: {port: 8080, path: /}, interval: 30s}
                              resources: {cpus: "1.5", memory: 1Gi}
                              ulimits: {nofile: {soft: 1, hard: 2}}
                              sysctls: {net.core.somaxconn: 1}
                              oomScoreAdj: 1
                            - {<<: *a, name: api, dependsOn: [web]}
                          rollout: {soak: 1m30s, progressDeadline: 10m, onFailure: pause, keep: 2}
                        """
                                .formatted("0".repeat(64))),
                seed("a: &x [*x, *x]\n---\n? {b: c}\n: !!binary aGk=\n"),
                seed("\ufeffkind: \"\\u0000\\x41\"\n%YAML 1.1\n"));
    }

    private static byte[] seed(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void take(byte[] input) {
        var read = ManifestReader.read("pipelines/shop.yaml", input);
        assertThat(read.errors())
                .allSatisfy(e -> assertThat(e.toString()).doesNotContain("\n", "\u001b", "\u0000"));
    }
}
