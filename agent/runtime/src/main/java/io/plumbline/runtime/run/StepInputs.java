package io.plumbline.runtime.run;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.release.SpecFile;
import io.plumbline.core.step.RunMachine.Ready;
import io.plumbline.port.FileBytes;
import io.plumbline.port.PlumblineException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The container of a step with its inputs, and the bytes of its files. */
final class StepInputs {
    private final Artifacts artifacts;
    private final Map<String, FileBytes> bytes;

    /**
     * Creates the inputs of a step.
     *
     * @param git bytes by SHA-256 of the files from Git
     */
    StepInputs(Artifacts artifacts, Map<String, FileBytes> git) {
        this.artifacts = artifacts;
        this.bytes = new HashMap<>(git);
    }

    /**
     * Returns the container with its inputs as files.
     *
     * @throws PlumblineException {@code MISSING} if an artifact is not stored any more
     */
    ReleaseService workload(Ready ready) {
        var inputs = new ArrayList<SpecFile>();
        for (var input : ready.spec().inputs()) {
            var artifact = ready.inputs().get(input.name());
            if (artifact == null) {
                throw new IllegalArgumentException("the input " + input.name() + " is not given");
            }
            inputs.addAll(artifacts.files(artifact, input.path()));
        }
        inputs.forEach(this::found);
        return with(ready.spec().workload(), inputs);
    }

    Map<String, FileBytes> bytes() {
        return Map.copyOf(bytes);
    }

    private void found(SpecFile file) {
        bytes.put(
                file.sha256(),
                artifacts
                        .open(file.sha256())
                        .orElseThrow(
                                () ->
                                        new PlumblineException(
                                                FailureKind.MISSING,
                                                "the artifact for "
                                                        + file.target()
                                                        + " (sha256 "
                                                        + file.sha256()
                                                        + ") is not stored any more")));
    }

    private static ReleaseService with(ReleaseService s, List<SpecFile> inputs) {
        if (inputs.isEmpty()) {
            return s;
        }
        var files = new ArrayList<>(s.spec().files());
        files.addAll(inputs);
        files.sort(Comparator.comparing(SpecFile::target));
        return s.withSpec(s.spec().withFiles(files));
    }
}
