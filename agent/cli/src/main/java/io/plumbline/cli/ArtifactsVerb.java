package io.plumbline.cli;

import io.plumbline.api.RunArtifact;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The verb {@code plumb artifacts}: lists what steps made and downloads it. */
@Command(
        name = "artifacts",
        description = "The newest artifact of each output of each step.",
        footer = {
            "",
            "RUN is the run that made it; COMMIT and RELEASE are the newest that have it.",
            "",
            "Examples:",
            "  plumb artifacts recsys",
            "  plumb artifacts recsys -o json",
            "  plumb artifacts get recsys sha256:4f1c2a -o model.bin"
        })
final class ArtifactsVerb extends Verb implements Group {
    @Parameters(arity = "0..1", paramLabel = "PIPELINE", description = "Name of the pipeline.")
    @Nullable String pipeline;

    ArtifactsVerb(CliContext around) {
        super(around);
    }

    @Override
    public Map<String, Function<CliContext, Object>> verbs() {
        return Map.of("get", ArtifactDownload::new);
    }

    @Override
    public Integer call() {
        // A required parameter would be required before a verb of this group, too.
        if (pipeline == null) {
            throw new CliError(Exit.USAGE, "name the pipeline: plumb artifacts PIPELINE");
        }
        var answered = client().get(AgentClient.path(pipeline, "artifacts"));
        var artifacts = answered.list(RunArtifact.class);
        if (!tables()) {
            format.print(answered.plain(), around);
        } else if (artifacts.isEmpty()) {
            say(pipeline + " has no artifacts: no run of its steps on record made any");
        } else {
            print(artifacts);
        }
        return Exit.DONE;
    }

    private void print(List<RunArtifact> artifacts) {
        var now = around.ticker().now();
        var table =
                new Table(
                        around,
                        "ARTIFACT",
                        "TYPE",
                        "SIZE",
                        "FILES",
                        "DIGEST",
                        "RUN",
                        "COMMIT",
                        "RELEASE",
                        "AGE");
        for (var a : artifacts) {
            table.row(
                    a.step() + "." + a.output(),
                    Texts.orDash(a.type()),
                    RunTexts.size(a.size()),
                    a.folder() ? String.valueOf(a.files()) : "-",
                    Texts.brief(a.digest()),
                    String.valueOf(a.run()),
                    StatusTexts.brief(Texts.orDash(a.commit())),
                    Texts.brief(a.release()),
                    Texts.age(a.madeAt(), now));
        }
        table.print();
    }
}
