package io.plumbline.engine.docker.wire;

import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.transport.DockerHttpClient.Response;
import io.plumbline.core.FailureKind;
import io.plumbline.engine.docker.api.EngineClient.FileContent;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.engine.docker.wire.EngineErrors.Doing;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The files of the health probe. Its busybox is read once from an image of the engine, through a
 * helper container that is never started. It is kept in memory by the image's id.
 */
final class ProbeSource {
    /** The program that runs the probe's script; the script names it. */
    private static final String BUSYBOX = ContainerLayout.PROBE_FOLDER + "/busybox";

    private static final String KIND = "probe";
    private static final List<String> PLACES = List.of("/bin/busybox", "/bin/busybox.static");
    private static final int MOST_LINKS = 5;
    private static final int LARGEST = 16 << 20;
    private static final int EXECUTABLE = 0755;

    private final EngineWire wire;
    private final DockerEngineSettings settings;
    private final Deadlines deadlines;
    private final ImageTransfers transfers;
    private final Function<String, Optional<LiveImage>> images;
    private final ReentrantLock reading = new ReentrantLock();
    private @Nullable String imageId;
    private byte @Nullable [] busybox;
    private String foundAt = "";

    ProbeSource(
            EngineWire wire,
            DockerEngineSettings settings,
            Deadlines deadlines,
            ImageTransfers transfers,
            Function<String, Optional<LiveImage>> images) {
        this.wire = wire;
        this.settings = settings;
        this.deadlines = deadlines;
        this.transfers = transfers;
        this.images = images;
    }

    /** Returns the probe's files for a container. */
    List<FileContent> files() {
        return List.of(
                new FileContent(BUSYBOX, EXECUTABLE, 0, 0, busybox()),
                new FileContent(ContainerLayout.PROBE, EXECUTABLE, 0, 0, script()));
    }

    /**
     * Busybox in the probe's image.
     *
     * @param image id of the image
     * @param place its path in the image
     */
    record Program(String image, String place) {}

    /** Returns the path of busybox, for a container of the probe's own image. */
    Program program() {
        reading.lock();
        try {
            busybox();
            return new Program(Objects.requireNonNull(imageId, "read"), foundAt);
        } finally {
            reading.unlock();
        }
    }

    /** Returns the script that asks a service for its health. */
    static byte[] script() {
        try (InputStream script = ProbeSource.class.getResourceAsStream("probe")) {
            if (script == null) {
                throw new IllegalStateException("the probe's script is not on the class path");
            }
            return script.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] busybox() {
        reading.lock();
        try {
            Optional<LiveImage> image = images.apply(settings.probeImage());
            byte[] known = busybox;
            if (known != null && (image.isEmpty() || image.get().id().equals(imageId))) {
                return known;
            }
            String id = image.isPresent() ? image.get().id() : pulled();
            byte[] read = read(id);
            imageId = id;
            busybox = read;
            return read;
        } finally {
            reading.unlock();
        }
    }

    private String pulled() {
        try {
            transfers.pull(settings.probeImage(), deadlines.probeImage(), _ -> {});
        } catch (PlumblineException e) {
            if (e.kind() == FailureKind.UNREACHABLE) {
                throw e;
            }
            throw unusable("the engine does not have it and cannot get it: " + e.getMessage());
        }
        return images.apply(settings.probeImage())
                .map(LiveImage::id)
                .orElseThrow(() -> unusable("the engine does not have it after a pull"));
    }

    private byte[] read(String id) {
        removeLeftOver();
        String helper = createHelper(id);
        try {
            for (String place : PLACES) {
                Optional<byte[]> found = file(helper, place, MOST_LINKS);
                if (found.isPresent()) {
                    if (!isStatic(found.get())) {
                        throw unusable(place + " in it is not a static binary");
                    }
                    foundAt = place;
                    return found.get();
                }
            }
            throw unusable("it has none of " + PLACES);
        } finally {
            remove(helper);
        }
    }

    private PlumblineException unusable(String why) {
        return new PlumblineException(
                FailureKind.TRANSIENT,
                wire.at("take the health probe from image " + settings.probeImage())
                        + ": "
                        + why
                        + "; set probe.image to an image with a static busybox");
    }

    /** Removes a helper container that a crash left; there is one reader per agent and engine. */
    private void removeLeftOver() {
        List<Container> left =
                wire.call(
                        "list helper containers",
                        Doing.ANYTHING,
                        deadlines.look(),
                        s ->
                                s.docker()
                                        .listContainersCmd()
                                        .withShowAll(true)
                                        .withLabelFilter(
                                                Map.of(
                                                        Labels.AGENT,
                                                        settings.agent(),
                                                        Labels.HELPER,
                                                        KIND))
                                        .exec());
        left.forEach(container -> remove(container.getId()));
    }

    private String createHelper(String image) {
        String name =
                "plumbline_probe_"
                        + Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE);
        return wire.call(
                "make helper container " + name,
                Doing.CONTAINER,
                deadlines.work(),
                s ->
                        s.docker()
                                .createContainerCmd(image)
                                .withName(name)
                                .withCmd("true")
                                .withLabels(
                                        Map.of(Labels.AGENT, settings.agent(), Labels.HELPER, KIND))
                                .exec()
                                .getId());
    }

    private void remove(String helper) {
        wire.call(
                "remove helper container " + helper,
                Doing.ANYTHING,
                deadlines.work(),
                s ->
                        ContainerCalls.unless(
                                () ->
                                        s.docker()
                                                .removeContainerCmd(helper)
                                                .withRemoveVolumes(true)
                                                .withForce(true)
                                                .exec(),
                                404,
                                409));
    }

    private Optional<byte[]> file(String helper, String path, int links) {
        Entry entry =
                wire.call(
                        "read " + path + " of image " + settings.probeImage(),
                        Doing.CONTAINER,
                        deadlines.work(),
                        s -> {
                            String query =
                                    "/containers/"
                                            + helper
                                            + "/archive?path="
                                            + ImageTransfers.encoded(path);
                            try (Response response =
                                    s.calls().execute(EngineWire.request(s, "GET", query))) {
                                return response.getStatusCode() == 404
                                        ? Entry.NONE
                                        : first(EngineWire.checked(response).getBody());
                            }
                        });
        if (entry.link() != null && links > 0) {
            Path target = Path.of(path).resolveSibling(entry.link()).normalize();
            return file(helper, target.toString(), links - 1);
        }
        return Optional.ofNullable(entry.bytes());
    }

    /** A file of an archive: its bytes, or the target of its link, or neither. */
    private record Entry(byte @Nullable [] bytes, @Nullable String link) {
        static final Entry NONE = new Entry(null, null);
    }

    private static Entry first(InputStream body) throws IOException {
        TarArchiveInputStream tar = new TarArchiveInputStream(body, StandardCharsets.UTF_8.name());
        TarArchiveEntry entry = tar.getNextEntry();
        if (entry == null) {
            return Entry.NONE;
        }
        if (entry.isSymbolicLink()) {
            return new Entry(null, entry.getLinkName());
        }
        if (!entry.isFile() || entry.getSize() > LARGEST) {
            return Entry.NONE;
        }
        return new Entry(tar.readNBytes((int) entry.getSize()), null);
    }

    /** Whether an ELF file is static: it has no PT_INTERP among its program headers, see elf(5). */
    static boolean isStatic(byte[] elf) {
        if (elf.length < 64 || elf[0] != 0x7f || elf[1] != 'E' || elf[2] != 'L' || elf[3] != 'F') {
            return false;
        }
        boolean wide = elf[4] == 2;
        ByteBuffer bytes =
                ByteBuffer.wrap(elf)
                        .order(elf[5] == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        long table = wide ? bytes.getLong(32) : Integer.toUnsignedLong(bytes.getInt(28));
        int size = Short.toUnsignedInt(bytes.getShort(wide ? 54 : 42));
        int count = Short.toUnsignedInt(bytes.getShort(wide ? 56 : 44));
        for (int i = 0; i < count; i++) {
            long at = table + (long) i * size;
            if (at < 0 || at + 4 > elf.length || bytes.getInt((int) at) == 3) {
                return false;
            }
        }
        return true;
    }
}
