package io.plumbline.testkit;

import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.ReleaseBuilder;
import io.plumbline.manifest.DriftMode;
import io.plumbline.manifest.Images;
import io.plumbline.manifest.Metadata;
import io.plumbline.manifest.Pipeline;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Position;
import io.plumbline.manifest.Rollout;
import io.plumbline.manifest.Service;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Releases for tests: every reference resolves to a digest made of its text. */
public final class Releases {

    private Releases() {}

    /** A release of a pipeline of these services. */
    public static Release release(String pipeline, ServiceBuilder... services) {
        return release(pipeline, DriftMode.ENFORCE, services);
    }

    /** A release with a drift mode. */
    public static Release release(String pipeline, DriftMode drift, ServiceBuilder... services) {
        return resolve(pipeline(pipeline, drift, services), Map.of());
    }

    /** A release that is placed somewhere. */
    public static Release placed(Placement placement, ServiceBuilder... services) {
        return placed(placement, Rollout.DEFAULT, services);
    }

    /** A release that is placed somewhere and brought out in some way. */
    public static Release placed(Placement placement, Rollout rollout, ServiceBuilder... services) {
        Pipeline p = pipeline("shop", DriftMode.ENFORCE, services);
        return resolve(
                new Pipeline(
                        p.metadata(),
                        placement,
                        p.drift(),
                        p.services(),
                        rollout,
                        p.position(),
                        p.images()),
                Map.of());
    }

    /** A pipeline as the reader gives it. */
    public static Pipeline pipeline(String name, DriftMode drift, ServiceBuilder... services) {
        return new Pipeline(
                new Metadata(name, new TreeMap<>()),
                Placement.DEFAULT,
                drift,
                Stream.of(services).map(ServiceBuilder::build).toList(),
                Rollout.DEFAULT,
                new Position("pipelines/test.yaml", 1, 1),
                Images.DEFAULT);
    }

    /**
     * Resolves a pipeline.
     *
     * @param bytes hash of files by source, where it is not simply made of the source's name
     */
    public static Release resolve(Pipeline pipeline, Map<String, String> bytes) {
        var images = new HashMap<String, ImageRef>();
        var files = new HashMap<String, String>();
        for (Service s : pipeline.services()) {
            images.put(s.image(), image(s.image()));
            s.files().forEach(f -> files.put(f.source(), hex(f.source())));
        }
        files.putAll(bytes);
        return ReleaseBuilder.build(pipeline, images, files);
    }

    /** What a reference resolves to: {@code local/...} to an id, all others to a digest. */
    public static ImageRef image(String reference) {
        if (reference.startsWith("local/")) {
            return new ImageRef.LocalId(imageId(reference));
        }
        int colon = reference.lastIndexOf(':');
        String repository = colon > 0 ? reference.substring(0, colon) : reference;
        return new ImageRef.Digest(repository, "sha256:" + hex("digest " + reference));
    }

    /** The id that an engine gives the image of a reference. */
    public static String imageId(String reference) {
        return "sha256:" + hex("id " + reference);
    }

    /** 64 hex digits made of a text. */
    public static String hex(String text) {
        try {
            var sha = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** All references of some releases. */
    public static List<String> references(List<Release> releases) {
        return releases.stream()
                .flatMap(r -> r.services().stream())
                .map(s -> s.reference())
                .distinct()
                .sorted()
                .toList();
    }
}
