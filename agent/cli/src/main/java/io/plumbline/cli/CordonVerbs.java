package io.plumbline.cli;

import io.plumbline.api.Reply;
import io.plumbline.api.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The verbs {@code cordon}, {@code drain} and {@code uncordon}. */
final class CordonVerbs {
    private CordonVerbs() {}

    /** A verb about one engine. */
    abstract static class EngineVerb extends ChangeVerb {
        @Parameters(paramLabel = "ENGINE", description = "Name, as plumb engines shows it.")
        String engine = "";

        private final Function<String, io.plumbline.api.Command> about;

        EngineVerb(CliContext around, Function<String, io.plumbline.api.Command> about) {
            super(around);
            this.about = about;
        }

        @Override
        public Integer call() throws InterruptedException {
            var limit = timeout();
            var client = client();
            var answered = client.execute(about.apply(engine), caller());
            show(answered);
            var outcome = answered.as(Reply.class).outcome();
            boolean counts = outcome.equals("accepted") || outcome.equals("already");
            return wait && counts ? end(client, limit) : answered.exit();
        }

        /** Waits for the end and returns the exit code. By default there is nothing to wait for. */
        int end(AgentClient client, Duration limit) throws InterruptedException {
            return Exit.DONE;
        }
    }

    @Command(
            name = "cordon",
            description = "Place nothing new on an engine; running replicas stay.",
            footer = {"", "Example: plumb cordon aws-eu --reason 'kernel update tonight'"})
    static final class CordonEngine extends EngineVerb {
        CordonEngine(CliContext around) {
            super(around, io.plumbline.api.Command.Cordon::new);
        }
    }

    @Command(
            name = "drain",
            description = {
                "Put nothing new on an engine and move what may leave it to others, each started"
                        + " there before it stops here.",
                "With --wait until nothing runs on it; 1 when something has to stay."
            },
            footer = {"", "Example: plumb drain aws-eu --wait --reason 'kernel update'"})
    static final class Drain extends EngineVerb {
        /** Replicas that stay this long without any change count as not movable. */
        private static final Duration QUIET = Duration.ofSeconds(15);

        Drain(CliContext around) {
            super(around, io.plumbline.api.Command.Drain::new);
        }

        @Override
        int end(AgentClient client, Duration limit) throws InterruptedException {
            long begin = around.ticker().nanos();
            long quietSince = begin;
            var before = List.<String>of();
            while (true) {
                var pipelines = client.statuses();
                var left = left(pipelines);
                long now = around.ticker().nanos();
                if (left.isEmpty()) {
                    tell("nothing runs on " + engine + " any more");
                    return Exit.DONE;
                }
                if (moving(pipelines)) {
                    // An image is pulled or a replica starts slowly; replicas may still leave.
                    quietSince = now;
                }
                if (!left.equals(before)) {
                    before = left;
                    quietSince = now;
                    tell("still on " + engine + ": " + String.join(", ", left));
                }
                if (now - quietSince > QUIET.toNanos()) {
                    tell("these stay; `plumb why PIPELINE/SERVICE` tells why");
                    return Exit.DIFFERENT;
                }
                if (now - begin > limit.toNanos()) {
                    throw new CliError(
                            Exit.TIMED_OUT,
                            "timed out after "
                                    + Texts.span(limit)
                                    + "; what was asked for goes on: see plumb status");
                }
                Thread.sleep(around.pollEvery());
            }
        }

        /** Prints to standard output, or to standard error if standard output is for JSON. */
        private void tell(String line) {
            var to = tables() ? around.out() : around.err();
            to.println(line);
            to.flush();
        }

        private List<String> left(List<Status> pipelines) {
            var left = new ArrayList<String>();
            for (var pipeline : pipelines) {
                for (var service : pipeline.services()) {
                    if (isThere(service)) {
                        left.add(pipeline.pipeline() + "/" + service.service());
                    }
                }
            }
            return left;
        }

        private boolean isThere(Status.ServiceState service) {
            return service.engine().equals(engine) && service.running() > 0;
        }

        /** Whether a pipeline with replicas on the engine is {@code Progressing}. */
        private boolean moving(List<Status> pipelines) {
            return pipelines.stream()
                    .filter(p -> p.state().equals("Progressing"))
                    .flatMap(p -> p.services().stream())
                    .anyMatch(this::isThere);
        }
    }

    @Command(
            name = "uncordon",
            description = "Take an engine into use again; nothing moves back by itself.",
            footer = {"", "Example: plumb uncordon aws-eu"})
    static final class Uncordon extends EngineVerb {
        Uncordon(CliContext around) {
            super(around, io.plumbline.api.Command.Uncordon::new);
        }
    }
}
