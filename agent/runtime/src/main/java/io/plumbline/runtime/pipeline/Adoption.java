package io.plumbline.runtime.pipeline;

import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.Head;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.RolloutStateMachine.Moment;
import io.plumbline.core.rollout.Transition;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.workload.Replica;
import io.plumbline.port.Cause;
import io.plumbline.port.GitSource;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.git.CommitGate;
import io.plumbline.runtime.git.FileLimits;
import io.plumbline.runtime.git.RepositoryReader;
import io.plumbline.runtime.git.RepositoryView;
import io.plumbline.runtime.git.RepositoryWatcher;
import io.plumbline.runtime.journal.World;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.render.RecordedHead;
import io.plumbline.runtime.render.Renderer;
import io.plumbline.runtime.state.Permissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The adoption of a pipeline whose containers exist and whose record is lost, because the ledger
 * was lost. Adoption restarts no container.
 *
 * <ol>
 *   <li>If the mirror lacks a commit of a container's label, the agent fetches the history first.
 *   <li>The agent reads from the containers which digest each image reference had.
 *   <li>The agent renders the head, then the commits on the labels, newest container first. The
 *       first release that matches all running containers becomes the deployed release. It is
 *       stable after its soak.
 *   <li>Containers of several releases run if the ledger was lost during a rollout. Then the
 *       deployed release is the oldest one of which every service runs, or else the oldest. The
 *       agent stops the other containers when that release is stable.
 *   <li>The commits of stopped containers that are older than the running ones give the release
 *       history. Newer ones may have failed and are not part of it.
 *   <li>The agent does not deploy a head that renders another release, because that release may be
 *       the one that failed.
 *   <li>If commits must be signed, an unsigned head is not a candidate. The agent adopts running
 *       containers whoever signed their commit. The release gets a verdict only if the signature of
 *       its commit holds.
 *   <li>If no commit renders the running release, the agent changes nothing until a new commit. If
 *       Git cannot be read, it changes nothing until it can.
 * </ol>
 */
final class Adoption {
    /** A release that ran was within the limits when it was first rendered. */
    private static final FileLimits NO_LIMITS = new FileLimits(Long.MAX_VALUE, Long.MAX_VALUE);

    private final String pipeline;
    private final String engineName;

    /**
     * The names that commits may use for the pipeline: the current name first, then the earlier
     * ones.
     */
    private final List<String> names;

    private final World world;
    private final PlacementView sites;
    private final RepositoryWatcher repository;
    private final GitSource git;
    private final CommitGate gate;
    private final Permissions permissions;
    private boolean decided;
    private String away = "";
    private @Nullable CompletableFuture<RepositoryView> history;
    private String why = "";

    /** Why the last commit that was tried gives no release; empty if every commit gives one. */
    private String refusal = "";

    private @Nullable String unrendered;

    Adoption(
            PipelineState state,
            World world,
            PlacementView sites,
            RepositoryWatcher repository,
            Permissions permissions) {
        this.pipeline = state.pipeline();
        this.engineName = state.engineName();
        this.names =
                Stream.of(Stream.of(pipeline), state.was().stream(), Stream.of(engineName))
                        .flatMap(Function.identity())
                        .distinct()
                        .toList();
        this.world = world;
        this.sites = sites;
        this.repository = repository;
        this.git = repository.git();
        this.gate = repository.gate();
        this.permissions = permissions;
    }

    /** Whether the pipeline has no record, so that its containers may need adoption. */
    boolean needed(PipelineState s) {
        return !decided && s.deployed() == null && s.deployment() == null;
    }

    /** Whether the containers cannot be adopted now, so that the agent must not change them. */
    boolean stuck() {
        return !why.isEmpty();
    }

    String why() {
        return why;
    }

    /** Ends the adoption without a result: the operator wants the head deployed in any case. */
    void giveUp() {
        decided = true;
        why = "";
    }

    /**
     * Adopts the running containers. Empty if there are none, or if they cannot be adopted now; see
     * {@link #why}.
     */
    Optional<Transition> adopt(PipelineState s, RepositoryView view, Moment now) {
        List<Replica> all;
        try {
            all = replicas();
        } catch (PlumblineException e) {
            why = "its record is new and the engine cannot be looked at: " + e.getMessage();
            return Optional.empty();
        }
        if (running(all).isEmpty() && mayRunElsewhere(view)) {
            why =
                    "the ledger has no record of it, and it is not known what runs: "
                            + away
                            + "; nothing is touched until it answers, or `plumb resume "
                            + pipeline
                            + "`";
            return Optional.empty();
        }
        if (all.isEmpty()) {
            giveUp();
            return Optional.empty();
        }
        var head = view.commit();
        if (head == null) {
            why =
                    "containers of it run and its record was lost; it is taken up when Git can be read";
            return Optional.empty();
        }
        if (lacksHistory(all)) {
            why = "containers of it run and its record was lost; their commits are being fetched";
            return Optional.empty();
        }
        seed(all);
        var running = running(all);
        if (running.isEmpty()) {
            decided = true;
            why = "";
            return Optional.of(nothingRuns(s, head, now));
        }
        boolean refused = !view.refused().isEmpty();
        var found = choose(refused ? "" : head, running);
        if (found.isPresent()) {
            var release = found.get().release();
            if (!away.isEmpty() && release.placement().strategy().total()) {
                why =
                        "its record was lost, and how many replicas run is not known: "
                                + away
                                + "; nothing is touched until it answers, or `plumb resume "
                                + pipeline
                                + "`";
                return Optional.empty();
            }
            decided = true;
            why = "";
            var isHead = !refused && renders(head, release);
            return Optional.of(
                    adopted(
                            s,
                            release,
                            found.get().commit(),
                            head,
                            isHead,
                            all,
                            found.get().own(),
                            now));
        }
        var before = unrendered;
        unrendered = head;
        if (before != null && !before.equals(head) && !refused) {
            giveUp();
            var reason =
                    "the ledger was lost and no commit renders what runs; the newer commit is"
                            + " deployed";
            return Optional.of(
                    new Transition(s, List.of(event(s, EventType.ADOPTED, "", reason, now))));
        }
        why =
                "containers of it run, its record was lost and no commit renders them"
                        + (refusal.isEmpty() ? "" : " (" + refusal + ")")
                        + "; nothing is touched until a newer commit comes, or `plumb resume "
                        + pipeline
                        + "` deploys the head";
        return Optional.empty();
    }

    /**
     * A release that the running containers may belong to.
     *
     * @param commit the commit that renders it
     * @param own the running containers with one of its specs
     * @param complete whether each of its services runs
     */
    private record Candidate(Release release, String commit, List<Replica> own, boolean complete) {
        Instant newest() {
            return own.stream()
                    .map(Adoption::createdAt)
                    .max(Comparator.naturalOrder())
                    .orElse(Instant.MAX);
        }
    }

    /**
     * Returns the release that all running containers match. If there is none, returns the oldest
     * release that some match; complete releases come first.
     */
    private Optional<Candidate> choose(String head, List<Replica> running) {
        var mixed = new ArrayList<Candidate>();
        refusal = "";
        for (var commit : candidates(head, running)) {
            var release = render(commit);
            if (release.isEmpty()) {
                continue;
            }
            var c = candidate(release.get(), commit, running);
            if (c.complete() && c.own().size() == running.size()) {
                return Optional.of(c);
            }
            if (!c.own().isEmpty()) {
                mixed.add(c);
            }
        }
        return mixed.stream()
                .min(
                        Comparator.<Candidate, Boolean>comparing(c -> !c.complete())
                                .thenComparing(Candidate::newest)
                                .thenComparingInt(c -> -c.own().size()));
    }

    /**
     * Returns the pipeline's containers on all engines of its repository that answer. At least one
     * must answer.
     */
    private List<Replica> replicas() {
        var all = new ArrayList<Replica>();
        boolean seen = false;
        PlumblineException trouble = null;
        away = "";
        for (var engine : sites.allowed()) {
            try {
                all.addAll(engine.look(pipeline).replicas());
                seen = true;
            } catch (PlumblineException e) {
                trouble = e;
                away = String.valueOf(e.getMessage());
            }
        }
        if (!seen && trouble != null) {
            throw trouble;
        }
        return all;
    }

    /**
     * Whether the whole pipeline may run on an engine that does not answer, after the ledger was
     * lost. A pipeline with a replica on every engine would be seen on the others. If the manifest
     * cannot be read, the pipeline's engines are not known.
     */
    private boolean mayRunElsewhere(RepositoryView view) {
        var entry = view.pipelines().get(pipeline);
        var placement = entry == null ? null : entry.pipeline().placement();
        var candidates = placement == null ? sites.allowed() : sites.candidates(placement);
        long hidden = candidates.stream().filter(world.unseen()::mayHide).count();
        return hidden > 0
                && (placement == null
                        || placement.strategy().total()
                        || hidden == candidates.size());
    }

    /**
     * Whether the mirror lacks a commit that a container names. A new mirror may hold only the
     * newest commit. The first call requests a fetch of the history; the adoption waits until Git
     * has been read again. A commit that is missing after that does not exist in Git.
     */
    private boolean lacksHistory(List<Replica> replicas) {
        boolean lacks =
                replicas.stream()
                        .map(c -> c.origin().commit())
                        .filter(c -> !c.isEmpty())
                        .anyMatch(c -> git.commit(c).isEmpty());
        if (!lacks) {
            return false;
        }
        var asked = history;
        if (asked == null) {
            history = repository.fetchNow(Cause.START);
            return true;
        }
        return !asked.isDone() || !repository.view().reachable();
    }

    private void seed(List<Replica> replicas) {
        replicas.stream()
                .sorted(Comparator.comparing(Adoption::createdAt).reversed())
                .forEach(
                        c -> {
                            var reference = c.origin().image();
                            var name = c.origin().resolvedImage();
                            boolean fixed = name.contains("@sha256:") || name.startsWith("sha256:");
                            if (fixed && world.ledger().resolution(pipeline, reference).isEmpty()) {
                                world.ledger().resolved(pipeline, reference, ImageRef.parse(name));
                            }
                        });
    }

    /**
     * Returns the running containers. If none runs, returns those that would run after a restart of
     * the engine: kept containers have the restart policy {@code no}.
     */
    private static List<Replica> running(List<Replica> all) {
        var alive = all.stream().filter(Replica::alive).toList();
        return alive.isEmpty() ? all.stream().filter(c -> c.run().returns()).toList() : alive;
    }

    private boolean renders(String commit, Release release) {
        return render(commit).map(r -> r.id().equals(release.id())).orElse(false);
    }

    /**
     * Returns the commits that may render the running release; {@code head} is empty if it may not
     * be read.
     */
    private static Set<String> candidates(String head, List<Replica> running) {
        var out = new LinkedHashSet<String>();
        if (!head.isEmpty()) {
            out.add(head);
        }
        running.stream()
                .sorted(Comparator.comparing(Adoption::createdAt).reversed())
                .map(c -> c.origin().commit())
                .filter(c -> !c.isEmpty())
                .forEach(out::add);
        return out;
    }

    private Optional<Release> render(String commit) {
        try {
            var full = git.commit(commit);
            if (full.isEmpty()) {
                return Optional.empty();
            }
            var view = new RepositoryReader("adoption", git, NO_LIMITS).read(full.get().id(), "");
            var entry =
                    names.stream()
                            .flatMap(name -> Stream.ofNullable(view.pipelines().get(name)))
                            .findFirst()
                            .orElse(null);
            if (entry == null) {
                return Optional.empty();
            }
            var made =
                    new Renderer(world.ledger(), sites, pipeline, engineName)
                            .render(
                                    entry.pipeline(),
                                    entry.file(),
                                    full.get().id(),
                                    Renderer.of(view.files(), git),
                                    permissions,
                                    false);
            var head = RecordedHead.of(made, world.ledger(), pipeline);
            if (head instanceof Head.Ready ready) {
                world.ledger().store(pipeline, ready.release(), made.files());
                gate.vouched(full.get().id());
                world.ledger().rendered(pipeline, full.get().id(), ready.release().id());
                return Optional.of(ready.release());
            }
            if (head instanceof Head.Broken broken) {
                refusal = broken.reason();
            } else if (head instanceof Head.Preparing) {
                refusal = "the record of its steps was lost, too, so they run again";
            }
            return Optional.empty();
        } catch (PlumblineException e) {
            return Optional.empty();
        }
    }

    private static Candidate candidate(Release release, String commit, List<Replica> running) {
        var specs = new HashMap<String, String>();
        release.services().stream()
                .filter(x -> x.replicas() > 0)
                .forEach(x -> specs.put(x.name(), x.specHash()));
        var own =
                running.stream()
                        .filter(c -> c.origin().spec().equals(specs.get(c.service())))
                        .toList();
        var seen = new TreeSet<String>();
        own.forEach(c -> seen.add(c.service()));
        return new Candidate(release, commit, own, seen.equals(specs.keySet()));
    }

    private static Instant createdAt(Replica c) {
        return c.run().createdAt();
    }

    private Transition adopted(
            PipelineState s,
            Release release,
            String commit,
            String head,
            boolean isHead,
            List<Replica> all,
            List<Replica> running,
            Moment now) {
        var line = line(release, all, running);
        world.ledger().rendered(pipeline, isHead ? head : commit, release.id());
        var d =
                new DeploymentRecord(
                        now.nextId(),
                        release.id(),
                        isHead ? head : commit,
                        null,
                        DeploymentState.PENDING,
                        "the ledger was lost; what runs was taken up",
                        "agent",
                        Trigger.ADOPTED,
                        null,
                        1,
                        null,
                        release.rollout().progressDeadline(),
                        now.at(),
                        null,
                        gate.verdictOf(pipeline, release.id()));
        var next =
                s.with(
                        x -> {
                            x.deployed = release.id();
                            x.deployment = d;
                            x.line = line;
                            x.blockedHead = isHead ? null : head;
                            x.refusedSecrets = refused(release, running);
                        });
        return new Transition(
                next,
                List.of(
                        event(
                                next,
                                EventType.ADOPTED,
                                release.id(),
                                "the ledger was lost; "
                                        + running.size()
                                        + " running and "
                                        + (all.size() - running.size())
                                        + " stopped containers were taken up, none was restarted",
                                now)));
    }

    /**
     * Returns the fingerprint of today's secrets if the labels differ from it, so that the
     * difference starts no deployment. The key of the hashes may be lost, too; then different
     * hashes do not mean different values.
     */
    private String refused(Release release, List<Replica> running) {
        var today = world.secrets().hashes(release);
        boolean differ =
                running.stream()
                        .anyMatch(
                                c ->
                                        release.service(c.origin().service())
                                                .filter(x -> !today.areIn(x, c.origin().secrets()))
                                                .isPresent());
        return differ ? today.fingerprint() : "";
    }

    private List<String> line(Release release, List<Replica> all, List<Replica> running) {
        var newest = running.stream().map(Adoption::createdAt).max(Comparator.naturalOrder());
        Map<String, String> seen = new HashMap<>();
        var doubtful =
                all.stream()
                        .filter(c -> !c.alive() && c.health().mayHaveFailed())
                        .map(c -> c.origin().commit())
                        .collect(Collectors.toUnmodifiableSet());
        var specs = all.stream().map(c -> c.origin().spec()).collect(Collectors.toSet());
        var line = new ArrayList<String>();
        all.stream()
                .filter(c -> !running.contains(c) && !c.alive())
                .filter(c -> newest.isPresent() && c.run().createdAt().isBefore(newest.get()))
                .sorted(Comparator.comparing(Adoption::createdAt))
                .map(c -> c.origin().commit())
                .distinct()
                .filter(commit -> !doubtful.contains(commit))
                .forEach(
                        commit ->
                                render(commit)
                                        .filter(r -> isWhole(r, specs))
                                        .map(Release::id)
                                        .filter(id -> !id.equals(release.id()))
                                        .filter(id -> seen.put(id, commit) == null)
                                        .ifPresent(line::add));
        return List.copyOf(line);
    }

    /**
     * Whether each service of a release has a container. The agent keeps all containers of a stable
     * release. It removes those containers of a failed release that never started.
     */
    private static boolean isWhole(Release release, Set<String> specs) {
        return release.services().stream()
                .filter(x -> x.replicas() > 0)
                .allMatch(x -> specs.contains(x.specHash()));
    }

    private Transition nothingRuns(PipelineState s, String head, Moment now) {
        var next = s.with(x -> x.blockedHead = head);
        return new Transition(
                next,
                List.of(
                        event(
                                next,
                                EventType.ADOPTED,
                                "",
                                "the ledger was lost and none of its containers runs",
                                now)));
    }

    private static PipelineEvent event(
            PipelineState s, EventType type, @Nullable String to, String reason, Moment now) {
        return new PipelineEvent(
                0,
                now.at(),
                s.pipeline(),
                "",
                "",
                "",
                type.word(),
                "",
                "",
                to == null ? "" : to,
                reason);
    }
}
