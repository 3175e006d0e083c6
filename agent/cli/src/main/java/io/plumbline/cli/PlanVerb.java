package io.plumbline.cli;

import io.plumbline.api.Plan;
import io.plumbline.api.Status;
import io.plumbline.cli.AgentClient.Answered;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The verb {@code plumb plan}. */
@Command(
        name = "plan",
        description = "What would change and why, for the head or for a local folder.",
        footer = {
            "",
            "Exit code 0 when nothing would change, 1 when something would.",
            "",
            "Examples:",
            "  plumb plan",
            "  plumb plan recsys --steps",
            "  plumb plan recsys --path ./pipelines"
        })
final class PlanVerb extends Verb {
    /**
     * Largest total size in bytes. The agent accepts 8 MiB, and base64 needs four bytes for three.
     */
    private static final long MOST_BYTES = 6_000_000;

    @Parameters(arity = "0..1", paramLabel = "PIPELINE", description = "If omitted: all.")
    @Nullable String pipeline;

    @Option(
            names = "--path",
            paramLabel = "DIR",
            description = "A local folder in place of the repository's.")
    @Nullable Path path;

    @Option(names = "--steps", description = "Show every action in its order.")
    boolean steps;

    PlanVerb(CliContext around) {
        super(around);
    }

    @Override
    public Integer call() {
        var client = client();
        var files = path == null ? null : files(path, around.folder().resolve(path));
        var plans = new ArrayList<Answered>();
        int exit = Exit.DONE;
        for (var name : names(client)) {
            try {
                plans.add(plan(client, name, files));
            } catch (CliError refusal) {
                // If one pipeline cannot be planned, the others are still shown.
                if (pipeline != null || refusal.exit() == Exit.UNREACHABLE) {
                    throw refusal;
                }
                around.err().println("plumb: " + name + ": " + refusal.sentence());
                exit = Math.max(exit, refusal.exit());
            }
        }
        show(plans);
        var changes = plans.stream().anyMatch(p -> p.as(Plan.class).changes());
        return Math.max(exit, changes ? Exit.DIFFERENT : Exit.DONE);
    }

    private static Answered plan(
            AgentClient client, String name, @Nullable Map<String, String> files) {
        var path = AgentClient.path(name, "plan");
        return files == null ? client.get(path) : client.post(path, Map.of("files", files));
    }

    private List<String> names(AgentClient client) {
        if (pipeline != null) {
            return List.of(pipeline);
        }
        return client.statuses().stream().map(Status::pipeline).toList();
    }

    private void show(List<Answered> plans) {
        if (tables()) {
            if (plans.isEmpty()) {
                say("nothing was planned");
            }
            plans.forEach(plan -> PlanText.print(plan.as(Plan.class), around, steps));
        } else if (pipeline != null) {
            format.print(plans.getFirst().plain(), around);
        } else {
            format.print(Answered.plain(plans), around);
        }
    }

    /** Returns the regular files below a folder as base64, without hidden files and links. */
    private static Map<String, String> files(Path named, Path folder) {
        if (!Files.exists(folder)) {
            throw new CliError(Exit.USAGE, named + ": no such folder");
        }
        if (!Files.isDirectory(folder)) {
            throw new CliError(Exit.USAGE, named + " is a file: give its folder");
        }
        var files = new TreeMap<String, String>();
        try {
            Files.walkFileTree(folder, new Gatherer(folder, files));
        } catch (IOException e) {
            throw new CliError(Exit.USAGE, named + ": cannot be read: " + why(e));
        }
        if (files.isEmpty()) {
            throw new CliError(Exit.USAGE, named + ": there are no files in this folder");
        }
        return files;
    }

    private static String why(IOException e) {
        return e instanceof AccessDeniedException denied
                ? "no permission for " + denied.getFile()
                : String.valueOf(e.getMessage());
    }

    private static final class Gatherer extends SimpleFileVisitor<Path> {
        private final Path folder;
        private final Map<String, String> files;
        private long bytes;

        Gatherer(Path folder, Map<String, String> files) {
            this.folder = folder;
            this.files = files;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            return !dir.equals(folder) && hidden(dir)
                    ? FileVisitResult.SKIP_SUBTREE
                    : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            if (attributes.isRegularFile() && !hidden(file)) {
                bytes += attributes.size();
                if (bytes > MOST_BYTES) {
                    throw new CliError(
                            Exit.USAGE,
                            "the files in "
                                    + folder
                                    + " are more than "
                                    + MOST_BYTES
                                    + " bytes: name the folder of the manifests");
                }
                var name = folder.relativize(file).toString();
                files.put(name, Base64.getEncoder().encodeToString(Files.readAllBytes(file)));
            }
            return FileVisitResult.CONTINUE;
        }

        private static boolean hidden(Path path) {
            var name = path.getFileName();
            return name != null && name.toString().startsWith(".");
        }
    }
}
