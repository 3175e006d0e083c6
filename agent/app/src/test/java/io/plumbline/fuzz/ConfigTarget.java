package io.plumbline.fuzz;

import io.plumbline.config.ConfigReader;
import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The agent's own configuration: not from strangers, but typed at night. */
final class ConfigTarget implements FuzzTarget {
    private final Path file;

    ConfigTarget() {
        try {
            file = Files.createTempFile("plumbline-fuzz", ".yaml");
            file.toFile().deleteOnExit();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String name() {
        return "config";
    }

    @Override
    public List<byte[]> seeds() {
        return List.of(
                """
                agent: prod-1
                state: /tmp/plumbline
                http: {host: 127.0.0.1, port: 7420}
                relist: 60s
                repositories:
                  - name: ml
                    url: https://git.example.com/acme/ml.git
                    branch: main
                    path: pipelines
                    poll: 30s
                    auth: {username: bot, token: {env: GIT_TOKEN}}
                    secrets: ["recsys-*"]
                    allow: {images: ["*"], capabilities: [], hostPorts: "1024-65535"}
                secrets: {directory: /etc/plumbline/secrets}
                engines:
                  - {name: local, endpoint: "unix:///var/run/docker.sock", labels: {cloud: local}, subnets: 10.213.0.0/16}
                """
                        .getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void take(byte[] input) throws IOException {
        Files.write(file, input);
        try {
            ConfigReader.read(file);
        } catch (PlumblineException e) {
            if (e.kind() != FailureKind.INVALID) {
                throw e;
            }
        }
    }
}
