package io.plumbline.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.plumbline.core.placement.Assignment;
import io.plumbline.core.release.ImageRef;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.DeploymentState;
import io.plumbline.core.rollout.Evidence;
import io.plumbline.core.rollout.FailedLog;
import io.plumbline.core.rollout.HealthAck;
import io.plumbline.core.rollout.LostHealth;
import io.plumbline.core.rollout.OperatorHold;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.rollout.PipelineState.Gone;
import io.plumbline.core.rollout.PlacementRecord;
import io.plumbline.core.rollout.Quarantine;
import io.plumbline.core.rollout.StageRecord;
import io.plumbline.core.rollout.Trigger;
import io.plumbline.core.verify.Verified;
import io.plumbline.core.workload.Verdict;
import io.plumbline.port.FileBytes;
import io.plumbline.port.Ledger;
import io.plumbline.port.Ledger.Opening;
import io.plumbline.port.PlumblineException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link Ledger} must do. */
public abstract class LedgerContract {
    private static final Instant AT = Instant.parse("2026-01-02T03:04:05.678901234Z");
    private static final String HELLO_SHA256 =
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    private Ledger ledger;

    /** A new ledger. */
    protected abstract Ledger open();

    /** The same one, after the agent was stopped. */
    protected abstract Ledger reopen(Ledger closed);

    @BeforeEach
    void begin() {
        ledger = open();
    }

    @AfterEach
    void end() {
        ledger.close();
    }

    private void restart() {
        ledger.close();
        ledger = reopen(ledger);
    }

    /** A deployment with every component set. */
    public static DeploymentRecord deployment(String id, DeploymentState state) {
        return new DeploymentRecord(
                id,
                "v1:r2",
                "c2",
                "v1:r1",
                state,
                "because \u4f60 \"quoted\"\nsecond line \ud83d\ude00",
                "ann",
                Trigger.ROLLBACK,
                "v1:r1",
                3,
                Duration.ofSeconds(90),
                Duration.ofMillis(12_345),
                AT,
                AT.plusSeconds(9),
                null,
                new Evidence(
                        Evidence.Kind.REFUSED_BY_ENGINE,
                        "the engine refused it",
                        "engine",
                        "words \"quoted\"",
                        "a control container started"),
                List.of(
                        StageRecord.pending("resolve").succeeded(AT),
                        StageRecord.pending("approval")
                                .running("waits for \"ann\"", AT)
                                .noted("asked 7")
                                .waited(Duration.ofMillis(61_500)),
                        StageRecord.pending("apply").failed("exit 1", AT.plusSeconds(1)),
                        StageRecord.skipped("soak")));
    }

    /** A state with every component set. */
    public static PipelineState full(String pipeline) {
        return new PipelineState(
                pipeline,
                "ml",
                "v1:r1",
                List.of("v1:r0", "v1:r1"),
                List.of(
                        new Quarantine(
                                "v1:r2", "", "c2", Quarantine.Cause.FAILED, "exit 1", "agent", AT),
                        new Quarantine(
                                "", "s3", "c3", Quarantine.Cause.ROLLED_BACK, "bad", "ann", AT)),
                deployment("d-7", DeploymentState.REVERTING),
                new OperatorHold("ann", AT, "lunch"),
                new OperatorHold("bob", AT.plusSeconds(1), ""),
                "c2",
                "c1",
                false,
                "k=0123456789abcdef",
                List.of("id1", "id2"),
                Gone.STOPPED,
                new PlacementRecord(
                                Assignment.of(Map.of("local", Map.of("serve", 2))),
                                null,
                                List.of("far"),
                                new TreeMap<>(Map.of("serve", List.of(Duration.ofSeconds(7)))))
                        .bringing("v1:r2", Assignment.of(Map.of("far", Map.of("serve", 2)))),
                "v1:r9",
                List.of(
                        new LostHealth(
                                "local", "serve", 2, "shop-serve-2-abc", Verdict.UNHEALTHY, AT)),
                new HealthAck("ann", AT, AT.plusSeconds(7200), "known", List.of("serve")),
                "first",
                List.of("second", "first"));
    }

    /** An event of a pipeline. */
    public static PipelineEvent event(String pipeline, String type) {
        return new PipelineEvent(
                0, AT, pipeline, "d-1", "local", "serve", type, "memory", "512m", "1g", "drift");
    }

    private PipelineState fresh(String pipeline) {
        return PipelineState.fresh(pipeline, "ml");
    }

    @Test
    void beginsNewAndEmpty() {
        assertThat(ledger.opening()).isEqualTo(Opening.NEW);
        assertThat(ledger.pipelines()).isEmpty();
        assertThat(ledger.events(null, 0, 10)).isEmpty();
        assertThat(ledger.history("a", 10)).isEmpty();
        assertThat(ledger.releases("a")).isEmpty();
    }

    @Test
    void keepsEveryPartOfAState() {
        ledger.save(full("b"), List.of());
        ledger.save(fresh("a"), List.of());
        restart();

        assertThat(ledger.pipelines())
                .containsExactly(Map.entry("a", fresh("a")), Map.entry("b", full("b")));
    }

    @Test
    void keepsTheNewestStateOnly() {
        ledger.save(full("a"), List.of());
        ledger.save(fresh("a"), List.of());

        assertThat(ledger.pipelines()).containsExactly(Map.entry("a", fresh("a")));
    }

    @Test
    void numbersEventsInTheOrderOfWriting() {
        var first = ledger.save(fresh("a"), List.of(event("a", "One"), event("a", "Two")));
        var second = ledger.append(List.of(event("b", "Three")));
        restart();
        var third = ledger.append(List.of(event("a", "Four")));

        assertThat(first).extracting(PipelineEvent::type).containsExactly("One", "Two");
        var all = new ArrayList<PipelineEvent>(first);
        all.addAll(second);
        all.addAll(third);
        assertThat(all).extracting(PipelineEvent::seq).isSorted().doesNotHaveDuplicates();
        assertThat(all.getFirst().seq()).isPositive();
        assertThat(ledger.events(null, 0, 10)).isEqualTo(all);
        assertThat(ledger.append(List.of())).isEmpty();
    }

    @Test
    void findsEventsByPipelineCursorAndLimit() {
        for (int i = 0; i < 5; i++) {
            ledger.append(List.of(event("a", "A" + i), event("b", "B" + i)));
        }
        long after = ledger.events("a", 0, 2).getLast().seq();

        assertThat(types(ledger.events("a", 0, 2))).containsExactly("A0", "A1");
        assertThat(types(ledger.events("a", after, 2))).containsExactly("A2", "A3");
        assertThat(types(ledger.events(null, after, 2))).containsExactly("B1", "A2");
        assertThat(types(ledger.lastEvents("b", 2))).containsExactly("B3", "B4");
        assertThat(types(ledger.lastEvents(null, 3))).containsExactly("B3", "A4", "B4");
        long newest = ledger.lastEvents(null, 1).getLast().seq();
        assertThat(types(ledger.lastEvents(null, newest, 2))).containsExactly("B3", "A4");
        assertThat(types(ledger.lastEvents("b", newest, 1))).containsExactly("B3");
        assertThat(ledger.lastEvents("c", 3)).isEmpty();
        assertThat(ledger.lastEvents("a", 0)).isEmpty();
    }

    private static List<String> types(List<PipelineEvent> events) {
        return events.stream().map(PipelineEvent::type).toList();
    }

    @Test
    void keepsEachDeploymentAsItLastWas() {
        var one = deployment("d-1", DeploymentState.APPLYING);
        var oneDone = deployment("d-1", DeploymentState.STABLE);
        var two = deployment("d-2", DeploymentState.PENDING);
        ledger.save(fresh("a").with(s -> s.deployment = one), List.of());
        ledger.save(fresh("a").with(s -> s.deployment = oneDone), List.of());
        ledger.save(fresh("a").with(s -> s.deployment = two), List.of());
        ledger.save(fresh("b").with(s -> s.deployment = one), List.of());
        restart();

        assertThat(ledger.history("a", 10)).containsExactly(two, oneDone);
        assertThat(ledger.history("a", 1)).containsExactly(two);
        assertThat(ledger.history("b", 10)).containsExactly(one);
    }

    @Test
    void keepsADeploymentAsItEndedWhenAnotherTookItsPlace() {
        var one = deployment("d-1", DeploymentState.APPLYING);
        var ended = deployment("d-1", DeploymentState.SUPERSEDED);
        var two = deployment("d-2", DeploymentState.PENDING);
        ledger.save(fresh("a").with(s -> s.deployment = one), List.of());
        ledger.save(fresh("a").with(s -> s.deployment = two), ended, List.of());
        restart();

        assertThat(ledger.history("a", 10)).containsExactly(two, ended);
    }

    @Test
    void forgetsAPipelineButNotItsHistory() {
        ledger.save(full("a"), List.of(event("a", "One")));
        ledger.forget("a");
        ledger.forget("never-there");
        restart();

        assertThat(ledger.pipelines()).isEmpty();
        assertThat(ledger.history("a", 10)).hasSize(1);
        assertThat(ledger.events("a", 0, 10)).hasSize(1);
    }

    @Test
    void movesAllThatIsOnRecordOfARenamedPipeline() {
        var release = SampleReleases.defaults("a", "v1:r1");
        ledger.save(full("a"), List.of(event("a", "One")));
        ledger.save(fresh("b"), List.of(event("b", "Own")));
        ledger.store(release, Map.of());
        ledger.rendered("a", "c1", "v1:r1");
        ledger.rendered("b", "c1", "v1:r0");
        ledger.resolved("a", "web:1", new ImageRef.LocalId("sha256:" + "1".repeat(64)));
        var renamed = full("a").with(s -> s.pipeline = "b");
        ledger.rename("a", renamed, List.of(event("b", "Renamed")));
        restart();

        assertThat(ledger.pipelines()).containsOnlyKeys("b").containsValue(renamed);
        assertThat(ledger.history("a", 10)).isEmpty();
        assertThat(ledger.history("b", 10)).containsExactly(renamed.deployment());
        assertThat(ledger.events("a", 0, 10)).isEmpty();
        assertThat(ledger.events("b", 0, 10))
                .extracting(PipelineEvent::type)
                .containsExactly("One", "Own", "Renamed");
        assertThat(ledger.release("b", "v1:r1")).hasValue(release);
        assertThat(ledger.releases("b")).containsExactly(release);
        assertThat(ledger.releases("a")).isEmpty();
        assertThat(ledger.commitOf("b", "v1:r1")).hasValue("c1");
        assertThat(ledger.releasesOfCommit("b", "c1")).containsExactlyInAnyOrder("v1:r0", "v1:r1");
        assertThat(ledger.resolution("b", "web:1")).isPresent();
        assertThat(ledger.resolution("a", "web:1")).isEmpty();
    }

    @Test
    void givesEachNumberOnce() {
        long first = ledger.nextNumber();
        long second = ledger.nextNumber();
        restart();

        assertThat(first).isPositive();
        assertThat(second).isGreaterThan(first);
        assertThat(ledger.nextNumber()).isGreaterThan(second);
    }

    @Test
    void keepsReleasesWholeInTheOrderOfStoring() {
        var full = SampleReleases.everyField("a", "v1:full");
        var bare = SampleReleases.defaults("a", "v1:bare");
        byte[] hello = "hello".getBytes(StandardCharsets.UTF_8);
        ledger.store(full, Map.of(HELLO_SHA256, FileBytes.of(hello)));
        ledger.store(bare, Map.of());
        ledger.store(bare, Map.of());
        restart();

        assertThat(ledger.release("a", "v1:full")).hasValue(full);
        assertThat(ledger.release("a", "v1:full")).hasValue(full);
        assertThat(ledger.release("b", "v1:full")).isEmpty();
        assertThat(ledger.releases("a")).containsExactly(full, bare);
        assertThat(ledger.file(HELLO_SHA256))
                .hasValueSatisfying(f -> assertThat(bytes(f)).isEqualTo(hello));
        assertThat(ledger.file("00")).isEmpty();
    }

    private static byte[] bytes(FileBytes file) {
        try (var in = file.open()) {
            byte[] bytes = in.readAllBytes();
            assertThat(file.size()).isEqualTo(bytes.length);
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aLargeFileComesBackInPieces() throws Exception {
        byte[] large = new byte[(5 << 20) + 17];
        new Random(7).nextBytes(large);
        String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(large));

        ledger.store(SampleReleases.defaults("a", "v1:bare"), Map.of(hash, FileBytes.of(large)));
        restart();

        assertThat(ledger.file(hash))
                .hasValueSatisfying(f -> assertThat(bytes(f)).isEqualTo(large));
    }

    @Test
    void refusesBytesThatDoNotHaveTheirHash() {
        var release = SampleReleases.defaults("a", "v1:bare");

        assertThatExceptionOfType(PlumblineException.class)
                .isThrownBy(
                        () ->
                                ledger.store(
                                        release,
                                        Map.of(HELLO_SHA256, FileBytes.of(new byte[] {1}))));
        assertThat(ledger.releases("a")).isEmpty();
    }

    @Test
    void findsTheNewestCommitOfARelease() {
        ledger.rendered("a", "c1", "v1:r1");
        ledger.rendered("a", "c2", "v1:r2");
        ledger.rendered("a", "c3", "v1:r1");
        ledger.rendered("b", "c9", "v1:r1");
        assertThat(ledger.commitOf("a", "v1:r1")).hasValue("c3");

        ledger.rendered("a", "c1", "v1:r1");
        restart();
        assertThat(ledger.commitOf("a", "v1:r1")).hasValue("c1");
        assertThat(ledger.commitOf("a", "v1:r2")).hasValue("c2");
        assertThat(ledger.commitOf("a", "v1:r3")).isEmpty();
    }

    @Test
    void findsReleasesByTheBeginningOfACommit() {
        ledger.rendered("a", "abc1", "v1:r1");
        ledger.rendered("a", "abd1", "v1:r2");
        ledger.rendered("a", "abc1", "v1:r3");
        ledger.rendered("b", "abc1", "v1:r4");

        assertThat(ledger.releasesOfCommit("a", "abc")).containsExactly("v1:r3", "v1:r1");
        assertThat(ledger.releasesOfCommit("a", "ab")).containsExactly("v1:r3", "v1:r2", "v1:r1");
        assertThat(ledger.releasesOfCommit("a", "abc12")).isEmpty();
        assertThat(ledger.releasesOfCommit("a", "")).isEmpty();
        assertThat(ledger.releasesOfCommit("a", "a%")).isEmpty();
    }

    @Test
    void remembersWhoseSignaturesWereGood() {
        var one = verified("c1", "k1");
        var two = verified("c2", "k2");
        ledger.verified("ml", "main", one);
        ledger.verified("ml", "main", two);
        ledger.verified("ml", verified("c3", "k3"));
        ledger.verified("ml", verified("c1", "another"));
        ledger.verified("other", "main", verified("c9", "k9"));
        ledger.rendered("a", "c1", "v1:r1");
        ledger.rendered("a", "c2", "v1:r1");
        ledger.rendered("a", "c4", "v1:r1");
        ledger.rendered("a", "c3", "v1:r2");
        ledger.rendered("b", "c9", "v1:r1");
        restart();

        assertThat(ledger.verdict("ml", "c1")).hasValue(one);
        assertThat(ledger.verdict("other", "c1")).isEmpty();
        assertThat(ledger.verifiedHead("ml", "main")).hasValue("c2");
        assertThat(ledger.verifiedHead("ml", "next")).isEmpty();
        assertThat(ledger.verdictsOf("ml", "a", "v1:r1")).containsExactly(two, one);
        assertThat(ledger.verdictsOf("ml", "a", "v1:r2")).containsExactly(verified("c3", "k3"));
        assertThat(ledger.verdictsOf("ml", "b", "v1:r1")).isEmpty();
    }

    private static Verified verified(String commit, String name) {
        return new Verified(
                commit,
                "SHA256:" + name,
                "issuer of " + name,
                "Anna <anna@example.com>",
                Verified.Method.SSH,
                Instant.parse("2026-01-31T08:15:00.123456789Z"),
                "-----BEGIN SSH SIGNATURE-----\n");
    }

    @Test
    void hasAnIdForEverAndIsYoungUntilItHasGrown() {
        var id = ledger.id();
        assertThat(id).matches("[0-9a-f]{16}");
        assertThat(ledger.young()).isTrue();
        restart();
        assertThat(ledger.id()).isEqualTo(id);
        assertThat(ledger.young()).isTrue();
        ledger.grown();
        restart();
        assertThat(ledger.id()).isEqualTo(id);
        assertThat(ledger.young()).isFalse();
    }

    @Test
    void remembersWhichEnginesWereNotLookedAt() {
        assertThat(ledger.unseen()).isEmpty();
        ledger.leaveUnseen(Set.of("aws", "gcp"));
        restart();
        assertThat(ledger.unseen()).containsExactlyInAnyOrder("aws", "gcp");
        ledger.leaveUnseen(Set.of("gcp"));
        restart();
        assertThat(ledger.unseen()).containsExactly("gcp");
    }

    @Test
    void remembersWhatAReferenceWasResolvedTo() {
        var digest = new ImageRef.Digest("registry.example.com:5000/x", "sha256:" + "a".repeat(64));
        var local = new ImageRef.LocalId("sha256:" + "b".repeat(64));
        ledger.resolved("a", "x:1", digest);
        ledger.resolved("a", "y", digest);
        ledger.resolved("a", "y", local);
        ledger.resolved("b", "x:1", local);
        restart();
        assertThat(ledger.resolution("a", "x:1")).hasValue(digest);
        assertThat(ledger.resolution("a", "y")).hasValue(local);

        ledger.forgetResolutions("a");
        assertThat(ledger.resolution("a", "x:1")).isEmpty();
        assertThat(ledger.resolution("b", "x:1")).hasValue(local);
    }

    private static FailedLog log(String release, String container, String... lines) {
        return new FailedLog(
                release,
                "d-7",
                "local",
                "web",
                container,
                "exited with code 1",
                "GET http://:80/ answered 404",
                AT,
                List.of(lines));
    }

    @Test
    void keepsTheLogsOfFailedReleases() {
        assertThat(ledger.failedLogs("a")).isEmpty();
        ledger.keepLog("a", log("v1:a", "web-1", "one", "\u00e4 two"));
        ledger.keepLog("a", log("v1:a", "web-2", "other"));
        ledger.keepLog("b", log("v1:a", "web-1"));
        restart();
        assertThat(ledger.failedLogs("a"))
                .containsExactly(
                        log("v1:a", "web-2", "other"), log("v1:a", "web-1", "one", "\u00e4 two"));
        ledger.keepLog("a", log("v1:a", "web-1"));
        assertThat(ledger.failedLogs("a").getFirst())
                .as("a log that is gone takes no kept one's place")
                .isEqualTo(log("v1:a", "web-1", "one", "\u00e4 two"));
        ledger.keepLog("a", log("v1:a", "web-1", "three"));
        assertThat(ledger.failedLogs("a").getFirst()).isEqualTo(log("v1:a", "web-1", "three"));
    }

    @Test
    void keepsTheNewestLinesOfALogAndTheNewestReleases() {
        var many = new String[2000];
        for (int i = 0; i < many.length; i++) {
            many[i] = i + " " + "\u00e4".repeat(500);
        }
        ledger.keepLog("a", log("v1:a", "web-1", many));
        var kept = ledger.failedLogs("a").getFirst().lines();
        assertThat(kept.getLast()).isEqualTo(many[1999]);
        assertThat(kept.stream().mapToInt(l -> l.getBytes(StandardCharsets.UTF_8).length + 1).sum())
                .isBetween(FailedLog.MOST_BYTES - 1100, FailedLog.MOST_BYTES);
        for (int i = 0; i < FailedLog.RELEASES; i++) {
            ledger.keepLog("a", log("v1:" + i, "web-1", "x"));
        }
        assertThat(ledger.failedLogs("a"))
                .hasSize(FailedLog.RELEASES)
                .extracting(FailedLog::release)
                .doesNotContain("v1:a");
    }

    @Test
    void staysWholeWhenManyThreadsWriteAndRead() throws Exception {
        int threads = 16;
        int each = 10;
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<List<Long>>>();
            for (int t = 0; t < threads; t++) {
                String pipeline = "p" + t;
                tasks.add(() -> work(pipeline, each));
            }
            var numbers = new HashSet<Long>();
            for (Future<List<Long>> done : executor.invokeAll(tasks)) {
                numbers.addAll(done.get());
            }
            assertThat(numbers).hasSize(threads * each);
        }
        assertThat(ledger.pipelines()).hasSize(threads);
        assertThat(ledger.events(null, 0, 1000))
                .hasSize(threads * each)
                .extracting(PipelineEvent::seq)
                .isSorted()
                .doesNotHaveDuplicates();
    }

    private List<Long> work(String pipeline, int times) {
        var numbers = new ArrayList<Long>();
        for (int i = 0; i < times; i++) {
            numbers.add(ledger.nextNumber());
            var written = ledger.save(fresh(pipeline), List.of(event(pipeline, "E" + i)));
            assertThat(ledger.lastEvents(pipeline, 1)).isEqualTo(written);
        }
        return numbers;
    }
}
