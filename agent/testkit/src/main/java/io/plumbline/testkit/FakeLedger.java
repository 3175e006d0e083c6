package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.FailedLog;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.verify.Verified;
import io.plumbline.port.FileBytes;
import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.RunLedger;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A ledger in memory. It outlives {@link #close()}, so that a test can stop an agent and start
 * another with what the first wrote. {@link #beforeEachWrite} is the place for crash points and
 * failures: what it throws reaches the caller and nothing is written.
 */
public final class FakeLedger implements Ledger {
    private static final AtomicLong IDS = new AtomicLong();

    private final ReentrantLock lock = new ReentrantLock();
    private final Opening opening;
    private final String id;
    private boolean young;
    private final Map<String, PipelineState> states = new TreeMap<>();
    private final Map<Key, DeploymentRecord> deployments = new LinkedHashMap<>();
    private final List<PipelineEvent> events = new ArrayList<>();
    private final Map<Key, Release> releases = new LinkedHashMap<>();
    private final Map<String, byte[]> blobs = new TreeMap<>();
    private final List<Rendered> renderings = new ArrayList<>();
    private final Map<Key, ImageRef> resolutions = new LinkedHashMap<>();
    private final Map<Key, Verified> verdicts = new LinkedHashMap<>();
    private final Map<Key, String> verifiedHeads = new LinkedHashMap<>();
    private final Map<Key, List<FailedLog>> failedLogs = new LinkedHashMap<>();
    private final FakeArtifacts artifacts = new FakeArtifacts();
    private final FakeRuns runs = new FakeRuns(() -> write(() -> true));
    private final Set<String> storedBefore = new HashSet<>();
    private volatile Runnable beforeEachWrite = () -> {};
    private volatile String unwritable = "";
    private long number;
    private Set<String> unseen = Set.of();

    /** Empty and new. */
    public FakeLedger() {
        this(Opening.NEW);
    }

    /** Empty, found in that way, with an id of its own. */
    public FakeLedger(Opening opening) {
        this(opening, String.format("%016x", IDS.incrementAndGet()), true);
    }

    private FakeLedger(Opening opening, String id, boolean young) {
        this.opening = opening;
        this.id = id;
        this.young = young;
    }

    /** What is opened when this was lost while the rest of its folder stayed. */
    public FakeLedger lost() {
        return new FakeLedger(opening, id, locked(() -> young));
    }

    private record Key(String pipeline, String id) {}

    private record Rendered(String pipeline, String commit, String release) {}

    /** Runs that before each write, on the writing thread. */
    public void beforeEachWrite(Runnable hook) {
        beforeEachWrite = hook;
    }

    @Override
    public Opening opening() {
        return opening;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public boolean young() {
        return locked(() -> young);
    }

    @Override
    public void grown() {
        write(
                () -> {
                    young = false;
                    return true;
                });
    }

    @Override
    public Optional<String> unwritable() {
        var cause = unwritable;
        return cause.isEmpty()
                ? Optional.empty()
                : Optional.of("the agent cannot write its record: " + cause);
    }

    @Override
    public void probe() {
        try {
            unwritable = write(() -> "");
        } catch (RuntimeException e) {
            // What it failed with is kept for who asks.
        }
    }

    @Override
    public Map<String, PipelineState> pipelines() {
        return locked(() -> Collections.unmodifiableMap(new TreeMap<>(states)));
    }

    @Override
    public List<PipelineEvent> save(
            PipelineState state, @Nullable DeploymentRecord ended, List<PipelineEvent> news) {
        return write(
                () -> {
                    states.put(state.pipeline(), state);
                    if (ended != null) {
                        deployments.put(new Key(state.pipeline(), ended.id()), ended);
                    }
                    if (state.deployment() != null) {
                        deployments.put(
                                new Key(state.pipeline(), state.deployment().id()),
                                state.deployment());
                    }
                    return add(news);
                });
    }

    @Override
    public List<PipelineEvent> append(List<PipelineEvent> news) {
        return news.isEmpty() ? List.of() : write(() -> add(news));
    }

    private List<PipelineEvent> add(List<PipelineEvent> news) {
        var written = new ArrayList<PipelineEvent>();
        for (PipelineEvent e : news) {
            written.add(
                    new PipelineEvent(
                            events.size() + 1L,
                            e.at(),
                            e.pipeline(),
                            e.deployment(),
                            e.engine(),
                            e.service(),
                            e.type(),
                            e.field(),
                            e.from(),
                            e.to(),
                            e.reason()));
            events.add(written.getLast());
        }
        return List.copyOf(written);
    }

    @Override
    public void keepLog(String pipeline, FailedLog log) {
        write(
                () -> {
                    var key = new Key(pipeline, log.release());
                    var kept = failedLogs.getOrDefault(key, List.of());
                    failedLogs.remove(key);
                    failedLogs.put(key, FailedLog.with(kept, log));
                    var all =
                            failedLogs.keySet().stream()
                                    .filter(k -> k.pipeline().equals(pipeline))
                                    .toList();
                    if (all.size() > FailedLog.RELEASES) {
                        failedLogs.remove(all.getFirst());
                    }
                    return true;
                });
    }

    @Override
    public List<FailedLog> failedLogs(String pipeline) {
        return locked(
                () ->
                        failedLogs.entrySet().stream()
                                .filter(e -> e.getKey().pipeline().equals(pipeline))
                                .flatMap(e -> e.getValue().stream())
                                .toList()
                                .reversed());
    }

    @Override
    public List<PipelineEvent> rename(String from, PipelineState state, List<PipelineEvent> news) {
        var to = state.pipeline();
        return write(
                () -> {
                    states.remove(from);
                    states.put(to, state);
                    move(deployments, from, to);
                    move(releases, from, to);
                    move(resolutions, from, to);
                    move(failedLogs, from, to);
                    runs.rename(from, to);
                    events.replaceAll(e -> e.pipeline().equals(from) ? of(e, to) : e);
                    renderings.replaceAll(
                            r ->
                                    r.pipeline().equals(from)
                                            ? new Rendered(to, r.commit(), r.release())
                                            : r);
                    return add(news);
                });
    }

    @Override
    public RunLedger runs() {
        return runs;
    }

    @Override
    public FakeArtifacts artifacts() {
        return artifacts;
    }

    private static <T> void move(Map<Key, T> map, String from, String to) {
        var moved = new LinkedHashMap<Key, T>();
        map.forEach(
                (key, value) ->
                        moved.put(
                                key.pipeline().equals(from) ? new Key(to, key.id()) : key, value));
        map.clear();
        map.putAll(moved);
    }

    private static PipelineEvent of(PipelineEvent e, String pipeline) {
        return new PipelineEvent(
                e.seq(),
                e.at(),
                pipeline,
                e.deployment(),
                e.engine(),
                e.service(),
                e.type(),
                e.field(),
                e.from(),
                e.to(),
                e.reason());
    }

    @Override
    public void forget(String pipeline) {
        write(() -> Optional.ofNullable(states.remove(pipeline)));
    }

    @Override
    public long nextNumber() {
        return write(() -> ++number);
    }

    @Override
    public List<DeploymentRecord> history(String pipeline, int limit) {
        return locked(
                () -> {
                    var mine = new ArrayList<DeploymentRecord>();
                    deployments.forEach(
                            (key, d) -> {
                                if (key.pipeline().equals(pipeline)) {
                                    mine.add(d);
                                }
                            });
                    return mine.reversed().stream().limit(Math.max(0, limit)).toList();
                });
    }

    @Override
    public List<PipelineEvent> events(@Nullable String pipeline, long after, int limit) {
        return locked(
                () ->
                        events.stream()
                                .filter(of(pipeline))
                                .filter(e -> e.seq() > after)
                                .limit(Math.max(0, limit))
                                .toList());
    }

    @Override
    public List<PipelineEvent> lastEvents(@Nullable String pipeline, long before, int limit) {
        return locked(
                () -> {
                    var mine =
                            events.stream()
                                    .filter(of(pipeline))
                                    .filter(e -> e.seq() < before)
                                    .toList();
                    int from = Math.max(0, mine.size() - Math.max(0, limit));
                    return List.copyOf(mine.subList(from, mine.size()));
                });
    }

    private static Predicate<PipelineEvent> of(@Nullable String pipeline) {
        return e -> pipeline == null || e.pipeline().equals(pipeline);
    }

    @Override
    public void store(String pipeline, Release release, Map<String, FileBytes> given) {
        var files = new TreeMap<String, byte[]>();
        given.forEach((sha256, file) -> files.put(sha256, whole(file)));
        files.forEach(FakeLedger::checkHash);
        write(
                () -> {
                    files.forEach((sha256, bytes) -> blobs.putIfAbsent(sha256, bytes.clone()));
                    return Optional.ofNullable(
                            releases.putIfAbsent(new Key(pipeline, release.id()), release));
                });
    }

    private static byte[] whole(FileBytes file) {
        try (var in = file.open()) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void checkHash(String sha256, byte[] bytes) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            if (!HexFormat.of().formatHex(hash).equals(sha256)) {
                throw new PlumblineException(
                        FailureKind.FAULT, "the bytes of a file do not have the SHA-256 " + sha256);
            }
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Optional<Release> release(String pipeline, String id) {
        return locked(() -> Optional.ofNullable(releases.get(new Key(pipeline, id))));
    }

    @Override
    public boolean storedBeforeHostRules(String id) {
        return locked(() -> storedBefore.contains(id));
    }

    /** From now on, what is stored is as if a version without rules for the machine had done it. */
    public void asStoredBeforeHostRules() {
        write(() -> storedBefore.addAll(releases.keySet().stream().map(Key::id).toList()));
    }

    @Override
    public List<Release> releases(String pipeline) {
        return locked(
                () ->
                        releases.entrySet().stream()
                                .filter(r -> r.getKey().pipeline().equals(pipeline))
                                .map(Map.Entry::getValue)
                                .toList());
    }

    @Override
    public Optional<FileBytes> file(String sha256) {
        var found = locked(() -> Optional.ofNullable(blobs.get(sha256)).map(FileBytes::of));
        return found.isPresent() ? found : artifacts.open(sha256);
    }

    @Override
    public void rendered(String pipeline, String commit, String release) {
        write(
                () -> {
                    var rendered = new Rendered(pipeline, commit, release);
                    renderings.remove(rendered);
                    return renderings.add(rendered);
                });
    }

    @Override
    public Optional<String> commitOf(String pipeline, String release) {
        return locked(
                () ->
                        renderings.reversed().stream()
                                .filter(r -> r.pipeline().equals(pipeline))
                                .filter(r -> r.release().equals(release))
                                .map(Rendered::commit)
                                .findFirst());
    }

    @Override
    public List<String> releasesOfCommit(String pipeline, String commitPrefix) {
        return locked(
                () ->
                        renderings.reversed().stream()
                                .filter(r -> !commitPrefix.isEmpty())
                                .filter(r -> r.pipeline().equals(pipeline))
                                .filter(r -> r.commit().startsWith(commitPrefix))
                                .map(Rendered::release)
                                .distinct()
                                .toList());
    }

    @Override
    public Set<String> unseen() {
        return locked(() -> unseen);
    }

    @Override
    public void leaveUnseen(Set<String> engines) {
        write(
                () -> {
                    unseen = Set.copyOf(engines);
                    return unseen;
                });
    }

    @Override
    public Optional<ImageRef> resolution(String pipeline, String reference) {
        return locked(() -> Optional.ofNullable(resolutions.get(new Key(pipeline, reference))));
    }

    @Override
    public void resolved(String pipeline, String reference, ImageRef image) {
        write(() -> Optional.ofNullable(resolutions.put(new Key(pipeline, reference), image)));
    }

    @Override
    public void forgetResolutions(String pipeline) {
        write(() -> resolutions.keySet().removeIf(key -> key.pipeline().equals(pipeline)));
    }

    @Override
    public void verified(String repository, String branch, Verified head) {
        write(
                () -> {
                    verdicts.putIfAbsent(new Key(repository, head.commit()), head);
                    return Optional.ofNullable(
                            verifiedHeads.put(new Key(repository, branch), head.commit()));
                });
    }

    @Override
    public void verified(String repository, Verified verdict) {
        write(
                () ->
                        Optional.ofNullable(
                                verdicts.putIfAbsent(
                                        new Key(repository, verdict.commit()), verdict)));
    }

    @Override
    public Optional<Verified> verdict(String repository, String commit) {
        return locked(() -> Optional.ofNullable(verdicts.get(new Key(repository, commit))));
    }

    @Override
    public Optional<String> verifiedHead(String repository, String branch) {
        return locked(() -> Optional.ofNullable(verifiedHeads.get(new Key(repository, branch))));
    }

    @Override
    public List<Verified> verdictsOf(String repository, String pipeline, String release) {
        return locked(
                () ->
                        renderings.reversed().stream()
                                .filter(r -> r.pipeline().equals(pipeline))
                                .filter(r -> r.release().equals(release))
                                .flatMap(r -> verdict(repository, r.commit()).stream())
                                .toList());
    }

    @Override
    public void close() {
        // It outlives the agent that used it.
    }

    private <T> T write(Supplier<T> work) {
        try {
            beforeEachWrite.run();
        } catch (RuntimeException e) {
            unwritable = String.valueOf(e.getMessage());
            throw e;
        }
        return locked(work);
    }

    private <T> T locked(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }
}
