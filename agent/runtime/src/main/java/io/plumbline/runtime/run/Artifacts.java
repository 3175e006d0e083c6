package io.plumbline.runtime.run;

import io.plumbline.api.Artifact;
import io.plumbline.api.Json;
import io.plumbline.api.Run;
import io.plumbline.core.FailureKind;
import io.plumbline.core.release.SpecFile;
import io.plumbline.core.step.Folder;
import io.plumbline.manifest.ArtifactType;
import io.plumbline.manifest.StepInput;
import io.plumbline.manifest.StepOutput;
import io.plumbline.port.ArtifactStore;
import io.plumbline.port.FileBytes;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.StepEngine;
import io.plumbline.port.driver.StepEngine.Attempt;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Artifacts between the store and containers: outputs are read from a container that ended, inputs
 * become files of a container that is not created yet.
 */
public final class Artifacts {
    /** Largest file with metrics or a parameter. */
    static final int SMALL = 1 << 20;

    private static final String PREFIX = "sha256:";

    private final ArtifactStore store;

    public Artifacts(ArtifactStore store) {
        this.store = store;
    }

    /**
     * Reads an output from a container and stores it.
     *
     * @throws PlumblineException {@code INVALID} or {@code MISSING} if the step did not make what
     *     the manifest says; {@code TRANSIENT} if it cannot be stored now
     */
    Artifact read(StepEngine engine, Attempt attempt, StepOutput output) {
        var entries = new ArrayList<Folder.Entry>();
        long limit = small(output.type()) ? SMALL : Long.MAX_VALUE;
        boolean folder =
                engine.read(
                        attempt,
                        output.path(),
                        (path, mode, size, bytes) -> {
                            var stored = store.put(bytes, limit);
                            entries.add(
                                    Folder.Entry.of(path, mode, stored.sha256(), stored.size()));
                        });
        check(output, folder);
        long size = entries.stream().mapToLong(Folder.Entry::size).sum();
        if (!folder) {
            var one = entries.getFirst();
            checkContent(output, one);
            return new Artifact(
                    output.name(), output.type().word(), PREFIX + one.sha256(), false, size, 1);
        }
        var text = new Folder(entries).text().getBytes(StandardCharsets.UTF_8);
        try {
            var list = store.put(new ByteArrayInputStream(text), Long.MAX_VALUE);
            return new Artifact(
                    output.name(),
                    output.type().word(),
                    PREFIX + list.sha256(),
                    true,
                    size,
                    entries.size());
        } catch (IOException e) {
            throw new PlumblineException(FailureKind.TRANSIENT, String.valueOf(e.getMessage()), e);
        }
    }

    private static boolean small(ArtifactType type) {
        return type == ArtifactType.METRICS || type == ArtifactType.PARAMETER;
    }

    private static void check(StepOutput output, boolean folder) {
        boolean wrong =
                switch (output.type()) {
                    case DIRECTORY -> !folder;
                    case FILE, METRICS, PARAMETER -> folder;
                    case MODEL -> false;
                };
        if (wrong) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "the output "
                            + output.name()
                            + " has type "
                            + output.type().word()
                            + ", and "
                            + output.path()
                            + (folder ? " is a folder" : " is a file"));
        }
    }

    private void checkContent(StepOutput output, Folder.Entry file) {
        if (output.type() != ArtifactType.METRICS) {
            return;
        }
        try {
            if (Json.read(small(file.sha256())) instanceof Map) {
                return;
            }
        } catch (Json.Malformed e) {
            // The same sentence as for other JSON.
        }
        throw new PlumblineException(
                FailureKind.INVALID,
                "the output " + output.name() + ": " + output.path() + " is no JSON object");
    }

    /** Whether all files of an artifact are stored. */
    boolean present(Artifact artifact) {
        var digest = sha256(artifact);
        return artifact.folder()
                ? store.has(digest)
                        && folder(digest).entries().stream().allMatch(e -> store.has(e.sha256()))
                : store.has(digest);
    }

    /** Returns the files that an input is in a container, from what a run made. */
    public List<SpecFile> files(Run run, StepInput input) {
        var artifact =
                run.step(input.step())
                        .flatMap(s -> s.output(input.output()))
                        .orElseThrow(
                                () ->
                                        new PlumblineException(
                                                FailureKind.MISSING,
                                                "run "
                                                        + run.number()
                                                        + " did not make "
                                                        + input.step()
                                                        + "."
                                                        + input.output()));
        return files(artifact, input.path());
    }

    /** Whether the list of the files of a folder is stored. */
    boolean listed(Artifact folder) {
        return store.has(sha256(folder));
    }

    /** Returns the files that an artifact is in a container. */
    public List<SpecFile> files(Artifact artifact, String path) {
        return entries(artifact).stream().map(e -> e.at(path)).toList();
    }

    /**
     * Returns the list of an artifact's files. An artifact that is one file has one entry without a
     * path.
     */
    public List<Folder.Entry> entries(Artifact artifact) {
        var digest = sha256(artifact);
        return artifact.folder()
                ? folder(digest).entries()
                : List.of(Folder.Entry.of("", 0, digest, artifact.size()));
    }

    private Folder folder(String sha256) {
        try {
            return Folder.parse(small(sha256));
        } catch (IllegalArgumentException e) {
            throw new PlumblineException(
                    FailureKind.FAULT, "the stored list of files " + sha256 + " is damaged", e);
        }
    }

    /** Returns a stored file. */
    public Optional<FileBytes> open(String sha256) {
        return store.open(sha256);
    }

    /** Returns the bytes of a small artifact that is one file. */
    byte[] bytes(Artifact artifact) {
        return small(sha256(artifact));
    }

    private byte[] small(String sha256) {
        var found =
                store.open(sha256)
                        .orElseThrow(
                                () ->
                                        new PlumblineException(
                                                FailureKind.MISSING,
                                                "the artifact " + sha256 + " is not stored"));
        try (var in = found.open()) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT,
                    "the artifact " + sha256 + " cannot be read: " + e.getMessage(),
                    e);
        }
    }

    /** Stores a text; returns its digest. */
    String store(byte[] text) {
        try {
            return PREFIX + store.put(new ByteArrayInputStream(text), Long.MAX_VALUE).sha256();
        } catch (IOException e) {
            throw new PlumblineException(FailureKind.TRANSIENT, String.valueOf(e.getMessage()), e);
        }
    }

    private static String sha256(Artifact artifact) {
        return artifact.digest().substring(PREFIX.length());
    }
}
