package io.plumbline.enginesim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * An image.
 *
 * @param id {@code sha256:...}
 * @param tags {@code repository:tag}
 * @param digests {@code repository@sha256:...}
 * @param config what a Dockerfile said
 */
record SimImage(String id, List<String> tags, List<String> digests, ObjectNode config) {

    /** One that was made here, of that Config in JSON. */
    static SimImage local(String tag, String config) {
        return new SimImage(
                "sha256:" + hash("image " + tag), List.of(tag), List.of(), with(config));
    }

    /** One that came from a registry: known by tag and digest. */
    static SimImage pulled(String tag, String config) {
        int colon = tag.lastIndexOf(':');
        var digest = "sha256:" + hash("digest " + tag);
        return new SimImage(
                "sha256:" + hash("image " + tag),
                List.of(tag),
                List.of(tag.substring(0, colon) + "@" + digest),
                with(config));
    }

    private static ObjectNode with(String config) {
        return SimJson.object(config);
    }

    String digest() {
        return digests.isEmpty() ? "" : digests.getFirst().split("@", 2)[1];
    }

    boolean named(String name) {
        var full =
                name.contains("@") || name.lastIndexOf(':') > name.lastIndexOf('/')
                        ? name
                        : name + ":latest";
        return id.equals(name)
                || id.equals("sha256:" + name)
                || tags.contains(full)
                || digests.contains(name)
                || digests.stream().anyMatch(d -> name.endsWith("@" + d.split("@", 2)[1]));
    }

    String json() {
        var out = SimJson.MAPPER.createObjectNode();
        out.put("Id", id);
        tags.forEach(out.putArray("RepoTags")::add);
        digests.forEach(out.putArray("RepoDigests")::add);
        out.put("Parent", "").put("Comment", "").put("Created", "2026-01-01T00:00:00Z");
        out.put("Container", "").put("DockerVersion", "20.10.24").put("Author", "");
        out.putObject("ContainerConfig");
        var full = out.putObject("Config");
        for (var key : List.of("Env", "Cmd", "Volumes", "Entrypoint", "OnBuild", "Labels")) {
            full.set(key, SimJson.orNull(config.path(key)));
        }
        for (var key : List.of("Hostname", "Domainname", "User", "Image", "WorkingDir")) {
            full.put(key, config.path(key).asText(""));
        }
        for (var key :
                List.of(
                        "AttachStdin",
                        "AttachStdout",
                        "AttachStderr",
                        "Tty",
                        "OpenStdin",
                        "StdinOnce")) {
            full.put(key, false);
        }
        config.properties().forEach(e -> full.set(e.getKey(), e.getValue()));
        out.put("Architecture", "amd64").put("Os", "linux").put("Size", 1 << 20);
        out.put("VirtualSize", 1 << 20);
        out.putObject("GraphDriver").put("Name", "overlay2").putObject("Data");
        out.putObject("RootFS").put("Type", "layers").putArray("Layers").add(id);
        out.putObject("Metadata").put("LastTagTime", "2026-01-01T00:00:00Z");
        return out.toString();
    }

    /** 64 hex digits that are always the same for that text. */
    static String hash(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
