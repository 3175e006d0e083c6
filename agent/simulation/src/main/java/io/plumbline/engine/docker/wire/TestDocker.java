package io.plumbline.engine.docker.wire;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.DockerHttpClient.Request;
import com.github.dockerjava.transport.DockerHttpClient.Response;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import io.plumbline.core.release.ImageRef;
import io.plumbline.engine.docker.live.Labels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * The real engine of the tests, seen past the adapter: makes images from the host's static busybox
 * (Debian's {@code busybox-static}) and cleans up.
 */
final class TestDocker implements AutoCloseable {
    private static final Path BUSYBOX = Path.of("/bin/busybox");

    private final String endpoint;
    private final DockerHttpClient http;
    private final DockerClient client;

    TestDocker() {
        endpoint =
                Optional.ofNullable(System.getProperty("plumbline.test.engine"))
                        .or(() -> Optional.ofNullable(System.getenv("PLUMBLINE_TEST_ENGINE")))
                        .orElseThrow(
                                () ->
                                        new IllegalStateException(
                                                "set the system property plumbline.test.engine or"
                                                        + " the variable PLUMBLINE_TEST_ENGINE to a"
                                                        + " Docker engine for tests, for example"
                                                        + " unix:///var/run/docker.sock"));
        var config =
                DefaultDockerClientConfig.createDefaultConfigBuilder()
                        .withDockerHost(endpoint)
                        .build();
        http = new ZerodepDockerHttpClient.Builder().dockerHost(URI.create(endpoint)).build();
        client = DockerClientImpl.getInstance(config, http);
    }

    String endpoint() {
        return endpoint;
    }

    DockerClient client() {
        return client;
    }

    /**
     * Makes the image {@code repository:1}: one with a shell, {@code /tmp} and users, or one with
     * the static binary only.
     *
     * @param changes lines of a Dockerfile
     */
    ImageRef importImage(String repository, boolean shell, String... changes) {
        StringBuilder path =
                new StringBuilder("/v1.41/images/create?fromSrc=-&tag=1&repo=" + repository);
        for (String change : changes) {
            path.append("&changes=").append(URLEncoder.encode(change, StandardCharsets.UTF_8));
        }
        try {
            Request request =
                    Request.builder()
                            .method(Request.Method.POST)
                            .path(path.toString())
                            .putHeader("Content-Type", "application/x-tar")
                            .bodyBytes(shell ? withShell() : binaryOnly())
                            .build();
            try (Response response = http.execute(request)) {
                String answer =
                        new String(response.getBody().readAllBytes(), StandardCharsets.UTF_8);
                if (response.getStatusCode() != 200 || answer.contains("error")) {
                    throw new IllegalStateException("import " + repository + ": " + answer);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new ImageRef.LocalId(client.inspectImageCmd(repository + ":1").exec().getId());
    }

    private static byte[] withShell() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            file(tar, "bin/busybox", 0755, Files.readAllBytes(BUSYBOX));
            for (String applet :
                    List.of("sh", "sleep", "cat", "ls", "stat", "id", "httpd", "echo", "mkdir")) {
                TarArchiveEntry link =
                        new TarArchiveEntry("bin/" + applet, TarConstants.LF_SYMLINK);
                link.setLinkName("busybox");
                tar.putArchiveEntry(link);
                tar.closeArchiveEntry();
            }
            file(tar, "etc/passwd", 0644, text("root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:\n"));
            file(tar, "www/index.html", 0644, text("ok\n"));
            directory(tar, "tmp/", 01777, 0);
            directory(tar, "owned/", 0750, 1000);
        }
        return bytes.toByteArray();
    }

    private static byte[] binaryOnly() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            file(tar, "httpd", 0755, Files.readAllBytes(BUSYBOX));
        }
        return bytes.toByteArray();
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void directory(TarArchiveOutputStream tar, String name, int mode, int owner)
            throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setMode(040000 | mode);
        entry.setIds(owner, owner);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
    }

    private static void file(TarArchiveOutputStream tar, String name, int mode, byte[] content)
            throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setMode(0100000 | mode);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    /** Removes all that carries one of the agents' labels. */
    void removeAllOf(List<String> agents) {
        for (String agent : agents) {
            Map<String, String> label = Map.of(Labels.AGENT, agent);
            client.listContainersCmd()
                    .withShowAll(true)
                    .withLabelFilter(label)
                    .exec()
                    .forEach(
                            c ->
                                    client.removeContainerCmd(c.getId())
                                            .withForce(true)
                                            .withRemoveVolumes(true)
                                            .exec());
            client.listNetworksCmd().exec().stream()
                    .filter(n -> agent.equals(n.getLabels().get(Labels.AGENT)))
                    .forEach(n -> client.removeNetworkCmd(n.getId()).exec());
            var volumes = client.listVolumesCmd().exec().getVolumes();
            if (volumes != null) {
                volumes.stream()
                        .filter(v -> v.getLabels() != null)
                        .filter(v -> agent.equals(v.getLabels().get(Labels.AGENT)))
                        .forEach(v -> client.removeVolumeCmd(v.getName()).exec());
            }
        }
    }

    void removeImage(ImageRef image) {
        client.removeImageCmd(image.engineName()).withForce(true).exec();
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
