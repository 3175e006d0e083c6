package io.plumbline.runtime.pipeline;

import io.plumbline.core.rollout.PipelineState;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.git.RepositoryWatcher;
import io.plumbline.runtime.state.EngineNames;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The resolution of {@code metadata.was}: which earlier pipeline a pipeline is.
 *
 * <ol>
 *   <li>A pipeline that was deployed under its own name is itself; the key has no effect.
 *   <li>The first earlier name that a known pipeline has or had decides. The pipeline takes it over
 *       if it is in the same repository and the head no longer defines it. Anything else is an
 *       error.
 *   <li>If no earlier name is known, the ledger is new or was lost. Then the containers on the
 *       engines decide which name the pipeline has there. The agent waits for an engine that was
 *       not asked yet. If an engine does not answer and the others have no such container, the
 *       oldest name is used.
 * </ol>
 *
 * <p>It decides from known observations and makes no calls. Safe for several threads.
 */
public final class Lineages {
    private final EngineNames names;
    private final Map<String, PipelineWorker> workers;
    private final Collection<RepositoryWatcher> repositories;
    private final Function<String, List<EngineDriver>> engines;

    /**
     * Creates the lineages of an agent.
     *
     * @param workers by pipeline, as they are now
     * @param repositories all repositories
     * @param engines the engines that a repository's pipelines may use
     */
    public Lineages(
            EngineNames names,
            Map<String, PipelineWorker> workers,
            Collection<RepositoryWatcher> repositories,
            Function<String, List<EngineDriver>> engines) {
        this.names = names;
        this.workers = workers;
        this.repositories = repositories;
        this.engines = engines;
    }

    /** The origin of a pipeline. */
    public sealed interface Origin {

        /** It is this pipeline, renamed. */
        record Renamed(PipelineWorker from) implements Origin {}

        /** It is a new pipeline with this name on the engines. */
        record Own(String engineName) implements Origin {}

        /** It is not known yet. */
        record Unknown() implements Origin {}

        /** It must not be the pipeline that it names. */
        record Refused(String why) implements Origin {}
    }

    /**
     * The new name of a renamed pipeline.
     *
     * @param name its new name
     * @param free whether no other pipeline has that name now
     */
    public record Heir(String name, boolean free) {}

    /** Returns the origin of the pipeline with this name in this repository. */
    public Origin origin(String name, RepositoryWatcher repository) {
        var own = workers.get(name);
        if (own != null && !own.state().untouched()) {
            return new Origin.Own(own.state().engineName());
        }
        var was = was(name, repository.view());
        for (var earlier : was) {
            var from = called(earlier);
            if (from.isPresent() && !from.get().pipeline().equals(name)) {
                return from(earlier, from.get(), repository);
            }
            var elsewhere =
                    repositories.stream()
                            .filter(r -> r != repository && defines(r.view(), earlier))
                            .findFirst();
            if (from.isEmpty() && elsewhere.isPresent()) {
                return foreign(earlier, elsewhere.get().name());
            }
        }
        return was.isEmpty() ? new Origin.Own(name) : observed(name, was, repository);
    }

    private Origin from(String earlier, PipelineWorker from, RepositoryWatcher repository) {
        if (!from.repositoryName().equals(repository.name())) {
            return foreign(earlier, from.repositoryName());
        }
        if (defines(repository.view(), from.pipeline())) {
            return new Origin.Refused(
                    "metadata.was names "
                            + earlier
                            + ", which is called "
                            + from.pipeline()
                            + " now and is still defined: remove it there, or take the key out");
        }
        return new Origin.Renamed(from);
    }

    private static Origin foreign(String earlier, String repository) {
        return new Origin.Refused(
                "metadata.was names "
                        + earlier
                        + ", which belongs to repository "
                        + repository
                        + ": a pipeline is renamed within its repository only");
    }

    private static List<String> was(String name, RepositoryView view) {
        var entry = view.pipelines().get(name);
        return entry == null ? List.of() : entry.pipeline().metadata().was();
    }

    private static boolean defines(RepositoryView view, String name) {
        return view.pipelines().containsKey(name) || view.broken().containsKey(name);
    }

    /** Returns the pipeline that has this name, or else one that had it. */
    public Optional<PipelineWorker> called(String name) {
        var now = workers.get(name);
        return now != null
                ? Optional.of(now)
                : workers.values().stream().filter(w -> w.state().was().contains(name)).findFirst();
    }

    private Origin observed(String name, List<String> was, RepositoryWatcher repository) {
        var candidates = new ArrayList<>(Stream.concat(Stream.of(name), was.stream()).toList());
        candidates.removeIf(c -> !names.pipeline(c).equals(c) && !names.pipeline(c).equals(name));
        var there = engines.apply(repository.name());
        for (boolean replicas : List.of(true, false)) {
            for (var candidate : candidates) {
                Predicate<String> counts = r -> counts(candidate, r, repository);
                if (there.stream().anyMatch(e -> e.carries(candidate, counts, replicas))) {
                    return new Origin.Own(candidate);
                }
            }
        }
        if (there.stream().anyMatch(e -> !e.seen().ever() && !e.seen().away())) {
            return new Origin.Unknown();
        }
        boolean hidden = there.stream().anyMatch(e -> !e.seen().ever());
        return new Origin.Own(hidden && !candidates.isEmpty() ? candidates.getLast() : name);
    }

    /**
     * Whether containers with another repository's label may belong to this pipeline: that
     * repository was read and does not define it.
     */
    private boolean counts(String candidate, String label, RepositoryWatcher repository) {
        return label.equals(repository.name())
                || repositories.stream()
                        .filter(r -> r.name().equals(label))
                        .map(RepositoryWatcher::view)
                        .anyMatch(v -> v.reachable() && v.complete() && !defines(v, candidate));
    }

    /** Returns the new name of a pipeline that its repository's head no longer defines. */
    public Optional<Heir> heir(PipelineState state, RepositoryWatcher repository) {
        var view = repository.view();
        if (!view.complete() || defines(view, state.pipeline())) {
            return Optional.empty();
        }
        return view.pipelines().keySet().stream()
                .filter(name -> names(view, name, state))
                .filter(
                        name ->
                                origin(name, repository) instanceof Origin.Renamed r
                                        && r.from().pipeline().equals(state.pipeline()))
                .findFirst()
                .map(name -> new Heir(name, !workers.containsKey(name)));
    }

    private static boolean names(RepositoryView view, String name, PipelineState state) {
        return was(name, view).stream()
                .anyMatch(n -> n.equals(state.pipeline()) || state.was().contains(n));
    }

    /** Whether a pipeline that was never deployed must be added again as another one. */
    public boolean isAnother(PipelineState state, RepositoryWatcher repository) {
        return state.untouched()
                && switch (origin(state.pipeline(), repository)) {
                    case Origin.Renamed _ -> true;
                    case Origin.Own own -> !own.engineName().equals(state.engineName());
                    case Origin.Unknown _, Origin.Refused _ -> false;
                };
    }

    /** Returns why a pipeline that was never deployed may not be deployed now; empty if it may. */
    public Optional<String> objection(PipelineState state, RepositoryWatcher repository) {
        if (!state.untouched()) {
            return Optional.empty();
        }
        if (origin(state.pipeline(), repository) instanceof Origin.Refused refused) {
            return Optional.of(refused.why());
        }
        if (!names.claim(state.pipeline(), state.engineName())) {
            var owner = names.pipeline(state.engineName());
            return Optional.of(
                    "the engines know pipeline "
                            + owner
                            + " by the name "
                            + state.engineName()
                            + ", which it had before it was renamed: choose another name");
        }
        return Optional.empty();
    }
}
