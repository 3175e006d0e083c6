package io.plumbline.runtime.run;

import io.plumbline.api.Artifact;
import io.plumbline.api.GateResult;
import io.plumbline.api.Run;
import io.plumbline.api.RunArtifact;
import io.plumbline.api.StepRun;
import io.plumbline.core.FailureKind;
import io.plumbline.core.step.Folder;
import io.plumbline.port.Control.ArtifactBytes;
import io.plumbline.port.FileBytes;
import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** The questions about the recorded runs of one pipeline, and about what they made. */
public final class RunQuestions {
    private static final int ALL = 10_000;
    private static final String PREFIX = "sha256:";

    private final String pipeline;
    private final Ledger ledger;
    private final Artifacts artifacts;
    private final UnaryOperator<String> redact;

    /**
     * Creates the questions.
     *
     * @param redact hides values of secrets in a text
     */
    public RunQuestions(String pipeline, Ledger ledger, UnaryOperator<String> redact) {
        this.pipeline = pipeline;
        this.ledger = ledger;
        this.artifacts = new Artifacts(ledger.artifacts());
        this.redact = redact;
    }

    /** Returns runs, newest first. */
    public List<Run> newest(int limit) {
        return ledger.runs().newest(pipeline, limit).stream().map(this::redacted).toList();
    }

    /**
     * Returns a run.
     *
     * @throws PlumblineException {@code MISSING} if there is none with this number
     */
    public Run get(long number) {
        var runs = ledger.runs();
        return runs.find(pipeline, number)
                .map(this::redacted)
                .orElseThrow(
                        () ->
                                new PlumblineException(
                                        FailureKind.MISSING,
                                        "there is no run "
                                                + number
                                                + " of "
                                                + pipeline
                                                + (runs.last(pipeline) == 0
                                                        ? ": none of its commits ran steps"
                                                        : "; its newest is "
                                                                + runs.last(pipeline))));
    }

    /** Creates the error for a pipeline whose manifest in the newest commit has errors. */
    public static PlumblineException noManifest(String pipeline) {
        return new PlumblineException(
                FailureKind.MISSING,
                pipeline
                        + " has no valid manifest in the newest commit; `plumb status "
                        + pipeline
                        + "` says why");
    }

    private Run redacted(Run r) {
        return new Run(
                r.number(),
                r.pipeline(),
                r.set(),
                r.commit(),
                r.trigger(),
                r.by(),
                r.state(),
                redact.apply(r.reason()),
                r.release(),
                r.startedAt(),
                r.finishedAt(),
                r.steps().stream().map(this::redacted).toList(),
                r.gates().stream()
                        .map(
                                g ->
                                        new GateResult(
                                                g.gate(),
                                                g.passed(),
                                                redact.apply(g.reason()),
                                                g.value()))
                        .toList());
    }

    private StepRun redacted(StepRun s) {
        return new StepRun(
                s.step(),
                s.state(),
                redact.apply(s.reason()),
                s.key(),
                s.parts(),
                s.cachedFrom(),
                s.begun(),
                s.attempt(),
                s.counted(),
                s.engine(),
                s.exitCode(),
                s.startedAt(),
                s.finishedAt(),
                s.outputs(),
                s.log());
    }

    /** Returns the newest artifact of each output of each step, by step and output. */
    public List<RunArtifact> artifacts() {
        var found = new TreeMap<String, RunArtifact>();
        for (var run : ledger.runs().newest(pipeline, ALL)) {
            for (var step : run.steps()) {
                for (var a : step.outputs()) {
                    found.putIfAbsent(step.step() + "." + a.output(), artifact(run, step, a));
                }
            }
        }
        return List.copyOf(found.values());
    }

    private RunArtifact artifact(Run run, StepRun step, Artifact a) {
        var cached = step.cachedFrom();
        var maker =
                cached == null
                        ? Optional.of(step)
                        : ledger.runs().find(pipeline, cached).flatMap(r -> r.step(step.step()));
        return new RunArtifact(
                step.step(),
                a.output(),
                a.type(),
                a.digest(),
                a.folder(),
                a.size(),
                a.files(),
                cached != null ? cached : run.number(),
                run.commit(),
                run.release(),
                maker.map(StepRun::finishedAt).orElse(null));
    }

    /**
     * Returns the bytes of an artifact of a recorded run, or of a file in a folder of one.
     *
     * @param digest 64 hex digits, or their unique beginning; {@code sha256:} may be before them
     * @throws PlumblineException {@code MISSING} if no recorded run has it, or it is not stored any
     *     more; {@code INVALID} if several have this beginning
     */
    public ArtifactBytes bytes(String digest) {
        var wanted = digest.startsWith(PREFIX) ? digest.substring(PREFIX.length()) : digest;
        var named = new LinkedHashMap<String, Artifact>();
        for (var run : ledger.runs().newest(pipeline, ALL)) {
            for (var step : run.steps()) {
                step.outputs().forEach(a -> named.putIfAbsent(hex(a), a));
            }
        }
        var matching = named.keySet().stream().filter(d -> d.startsWith(wanted)).toList();
        if (matching.size() == 1) {
            var artifact = named.get(matching.getFirst());
            return artifact == null ? missing(wanted) : whole(artifact);
        }
        if (matching.size() > 1) {
            throw several(wanted, matching.size());
        }
        var files =
                named.values().stream()
                        .filter(a -> a.folder() && artifacts.listed(a))
                        .flatMap(a -> artifacts.entries(a).stream())
                        .map(Folder.Entry::sha256)
                        .filter(d -> d.startsWith(wanted))
                        .distinct()
                        .toList();
        if (files.size() > 1) {
            throw several(wanted, files.size());
        }
        return files.isEmpty() ? missing(wanted) : file(files.getFirst());
    }

    private static String hex(Artifact artifact) {
        return artifact.digest().substring(PREFIX.length());
    }

    private ArtifactBytes whole(Artifact artifact) {
        if (!artifact.folder()) {
            return file(hex(artifact));
        }
        if (!artifacts.present(artifact)) {
            throw gone(hex(artifact));
        }
        var parts = new ArrayList<ArtifactBytes.Part>();
        for (var entry : artifacts.entries(artifact)) {
            parts.add(
                    new ArtifactBytes.Part(
                            entry.path(), entry.executable(), stored(entry.sha256())));
        }
        return new ArtifactBytes.OfFolder(artifact.digest(), parts);
    }

    private ArtifactBytes file(String sha256) {
        return new ArtifactBytes.OfFile(PREFIX + sha256, stored(sha256));
    }

    private FileBytes stored(String sha256) {
        return artifacts.open(sha256).orElseThrow(() -> gone(sha256));
    }

    private static PlumblineException gone(String sha256) {
        return new PlumblineException(
                FailureKind.MISSING,
                "the artifact " + PREFIX + sha256 + " is not stored any more; run its step again");
    }

    private ArtifactBytes missing(String digest) {
        throw new PlumblineException(
                FailureKind.MISSING,
                "no recorded run of "
                        + pipeline
                        + " made "
                        + PREFIX
                        + digest
                        + "; `plumb artifacts "
                        + pipeline
                        + "` lists the newest artifacts");
    }

    private static PlumblineException several(String digest, int count) {
        return new PlumblineException(
                FailureKind.INVALID,
                count + " artifacts begin with " + PREFIX + digest + ": give more digits");
    }
}
