package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.manifest.SecretMount;
import io.plumbline.port.FileBytes;
import io.plumbline.port.LogLine;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.driver.StepEngine;
import io.plumbline.runtime.engine.DriverSetup;
import io.plumbline.runtime.secrets.Secrets;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A {@link FakeCluster} as a place where steps run. */
final class ClusterSteps implements StepEngine {
    private final FakeCluster cluster;
    private final DriverSetup setup;

    ClusterSteps(FakeCluster cluster, DriverSetup setup) {
        this.cluster = cluster;
        this.setup = setup;
    }

    @Override
    public void start(Order order, Duration pull, Consumer<String> progress) {
        var attempt = order.attempt();
        if (!(look(attempt) instanceof Shown.Absent)) {
            return;
        }
        var files = files(order);
        var image = order.workload().spec().image();
        var job = cluster.does(order.workload().reference(), image.engineName());
        if (job.isEmpty() && image instanceof ImageRef.LocalId) {
            throw new PlumblineException(
                    FailureKind.MISSING, "image " + order.workload().reference() + " is nowhere");
        }
        var command = order.workload().spec().command();
        var started =
                cluster.startJob(
                        attempt,
                        job.orElse(_ -> FakeJob.Ending.LASTING),
                        new FakeJob.Start(
                                files, env(order), command == null ? List.of() : command));
        var does = started.does;
        var after = does == null ? null : does.after();
        if (after != null) {
            setup.ticker()
                    .tasks()
                    .start("cluster-job-" + attempt.step(), () -> finish(started, after));
        }
    }

    private void finish(FakeCluster.Job job, Duration after) {
        try {
            setup.ticker().tasks().sleep(after);
            cluster.finish(job);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Map<String, FileBytes> files(Order order) {
        var out = new LinkedHashMap<String, FileBytes>();
        for (var f : order.workload().spec().files()) {
            var bytes = order.files().get(f.sha256());
            if (bytes == null) {
                throw new PlumblineException(FailureKind.FAULT, "no bytes of " + f.target());
            }
            out.put(f.target(), bytes);
        }
        for (var s : order.workload().spec().secrets()) {
            if (s instanceof SecretMount.AsFile f) {
                var value = Secrets.need(setup.secrets().store(), f.name());
                out.put(f.target(), FileBytes.of(value.bytes()));
            }
        }
        return out;
    }

    private Map<String, String> env(Order order) {
        var out = new TreeMap<>(order.workload().spec().env());
        for (var s : order.workload().spec().secrets()) {
            if (s instanceof SecretMount.AsEnv e) {
                out.put(e.target(), Secrets.need(setup.secrets().store(), e.name()).text());
            }
        }
        return out;
    }

    @Override
    public Shown look(Attempt attempt) {
        return cluster.job(attempt).map(FakeCluster.Job::shown).orElse(new Shown.Absent());
    }

    @Override
    public Shown await(Attempt attempt, Duration atMost) {
        var job = cluster.job(attempt);
        if (job.isPresent() && job.get().shown() instanceof Shown.Running) {
            try {
                setup.ticker().tasks().get(job.get().end, atMost);
            } catch (TimeoutException e) {
                return look(attempt);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new PlumblineException(FailureKind.TRANSIENT, "wait: interrupted");
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
        return look(attempt);
    }

    @Override
    public boolean read(Attempt attempt, String path, Files files) {
        var place = path.replaceFirst("/+$", "");
        var job = cluster.job(attempt).orElseThrow(() -> missing(attempt, path));
        var made = new TreeMap<>(job.files());
        made.keySet().removeIf(p -> !p.equals(place) && !p.startsWith(place + "/"));
        if (made.isEmpty()) {
            throw missing(attempt, path);
        }
        made.forEach((p, m) -> pass(attempt, p, p.substring(place.length()), m, files));
        return !made.containsKey(place);
    }

    private static void pass(
            Attempt attempt, String path, String below, FakeJob.Made made, Files files) {
        if (!made.link().isEmpty()) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    path + " of step " + attempt.step() + " is a link to " + made.link());
        }
        try {
            files.file(
                    below.isEmpty() ? "" : below.substring(1),
                    made.mode(),
                    made.bytes().length,
                    new ByteArrayInputStream(made.bytes()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PlumblineException missing(Attempt attempt, String path) {
        return new PlumblineException(
                FailureKind.MISSING, "step " + attempt.step() + " has made no " + path);
    }

    @Override
    public @Nullable AutoCloseable logs(
            Attempt attempt, boolean follow, Consumer<LogLine> lines, Runnable end) {
        var job = cluster.job(attempt).orElse(null);
        var does = job == null ? null : job.does;
        if (job == null || does == null) {
            return null;
        }
        var tasks = setup.ticker().tasks();
        var stream = new FakeStream<LogLine>(tasks, "cluster-logs", lines, _ -> end.run());
        does.log().forEach(line -> stream.send(new LogLine(setup.ticker().now(), line)));
        if (follow) {
            var _ = job.end.whenComplete((_, _) -> stream.end("end"));
        } else {
            stream.end("end");
        }
        return stream;
    }

    @Override
    public void stop(Attempt attempt, Duration grace) {
        cluster.stopJob(attempt);
    }

    @Override
    public void remove(Attempt attempt) {
        cluster.removeJob(attempt);
    }

    @Override
    public List<Attempt> attempts(String pipeline) {
        return cluster.attempts(pipeline);
    }
}
