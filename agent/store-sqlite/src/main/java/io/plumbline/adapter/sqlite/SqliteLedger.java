package io.plumbline.adapter.sqlite;

import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.DeploymentRecord;
import io.plumbline.core.rollout.FailedLog;
import io.plumbline.core.rollout.PipelineEvent;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.core.verify.Verified;
import io.plumbline.port.ArtifactStore;
import io.plumbline.port.Cordons;
import io.plumbline.port.Deliveries;
import io.plumbline.port.FileBytes;
import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.RunLedger;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The ledger in a SQLite file, {@code ledger.db} in the state folder. A write is one transaction,
 * and it is on disk when the call returns. Old events and old records of rendered commits are
 * trimmed; everything else is kept.
 */
public final class SqliteLedger implements Ledger {
    private static final Limits LIMITS = new Limits(100_000, 200_000, 1_000);
    private static final String HIGHEST_CHARACTER = Character.toString(Character.MAX_CODE_POINT);
    private static final List<String> OF_A_PIPELINE =
            List.of(
                    "deployment",
                    "event",
                    "failed_log",
                    "release",
                    "rendered",
                    "resolution",
                    "stage");
    private static final int PROBE_BYTES = 16 << 10;

    private final LedgerFiles files;
    private final Database database;
    private final StoredFiles stored;
    private final Opening opening;
    private final LedgerId id;
    private final Limits limits;
    private final ReleaseCache cache = new ReleaseCache();
    private final Verdicts verdicts;
    private final SqliteFailedLogs failedLogs;
    private final SqliteRuns runs;
    private final StoredBefore storedBefore;
    private final AtomicLong probes = new AtomicLong();
    private final FolderArtifacts artifacts;

    private SqliteLedger(LedgerOpening open, FolderArtifacts artifacts, Limits limits) {
        this.artifacts = artifacts;
        this.files = open.files();
        this.database = open.database();
        this.stored = new StoredFiles(database);
        this.opening = open.opening();
        this.id = open.id();
        this.limits = limits;
        this.verdicts = new Verdicts(open.database());
        this.failedLogs = new SqliteFailedLogs(open.database());
        this.runs = new SqliteRuns(open.database());
        this.storedBefore = new StoredBefore(open.database());
    }

    /**
     * The limits of what is kept.
     *
     * @param events number of newest events
     * @param renderings number of newest renderings, besides the newest of each release
     * @param trimEvery number of events between two trims
     */
    record Limits(long events, long renderings, long trimEvery) {}

    /**
     * Opens the ledger, or creates it; a damaged one is set aside.
     *
     * @param stateFolder created if it does not exist, mode 0700
     * @throws PlumblineException {@code INVALID} if a newer Plumbline wrote it, {@code CONFLICT} if
     *     another agent uses the folder, {@code TRANSIENT} or {@code DENIED} if it cannot be read
     *     or written
     */
    public static SqliteLedger open(Path stateFolder) {
        return open(stateFolder, Long.MAX_VALUE);
    }

    /**
     * Opens the ledger with a limit of all artifacts together.
     *
     * @param artifacts largest number of bytes of what steps made
     */
    public static SqliteLedger open(Path stateFolder, long artifacts) {
        return open(stateFolder, artifacts, LIMITS);
    }

    static SqliteLedger open(Path stateFolder, long artifacts, Limits limits) {
        String version = SqliteLedger.class.getPackage().getImplementationVersion();
        var opened = LedgerOpening.open(stateFolder, version == null ? "(built here)" : version);
        try {
            var store = FolderArtifacts.open(stateFolder.resolve("artifacts"), artifacts);
            return new SqliteLedger(opened, store, limits);
        } catch (RuntimeException e) {
            opened.database().close();
            opened.files().close();
            throw e;
        }
    }

    /** Returns the store of webhook deliveries in the same file; it is closed with the ledger. */
    public Deliveries deliveries() {
        return new SqliteDeliveries(database);
    }

    /** Returns the store of cordons in the same file; it is closed with the ledger. */
    public Cordons cordons() {
        return new SqliteCordons(database);
    }

    @Override
    public Opening opening() {
        return opening;
    }

    @Override
    public String id() {
        return id.value();
    }

    @Override
    public boolean young() {
        return database.read("cannot read whether the ledger is new", LedgerId::young);
    }

    @Override
    public void grown() {
        database.write(
                "cannot write that the ledger is not new any more",
                s -> {
                    LedgerId.grown(s);
                    return true;
                });
    }

    @Override
    public Optional<String> unwritable() {
        return database.unwritable();
    }

    /**
     * Writes a probe with the size of a large record. It never writes the same twice, because
     * SQLite would skip that.
     */
    @Override
    public void probe() {
        var value = Long.toString(probes.incrementAndGet() % 10).repeat(PROBE_BYTES);
        database.probe(
                "cannot write a probe",
                s ->
                        s.update(
                                "INSERT INTO meta (key, value) VALUES ('probe', ?)"
                                        + " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                                value));
    }

    @Override
    public Map<String, PipelineState> pipelines() {
        return database.read(
                "cannot read the pipelines' states",
                s -> {
                    var states = new TreeMap<String, PipelineState>();
                    var found =
                            s.all(
                                    "SELECT state FROM pipeline",
                                    r -> StateJson.read(r.getString(1)));
                    for (var state : found) {
                        states.put(state.pipeline(), SqliteDeployments.with(s, state));
                    }
                    return Collections.unmodifiableMap(states);
                });
    }

    @Override
    public List<PipelineEvent> save(
            PipelineState state, @Nullable DeploymentRecord ended, List<PipelineEvent> events) {
        String json = StateJson.write(state);
        DeploymentRecord deployment = state.deployment();
        return database.write(
                "cannot write the state of pipeline " + state.pipeline(),
                s -> {
                    s.update(
                            "INSERT INTO pipeline (name, state) VALUES (?, ?)"
                                    + " ON CONFLICT (name) DO UPDATE SET state = excluded.state",
                            state.pipeline(),
                            json);
                    if (ended != null) {
                        SqliteDeployments.keep(s, state.pipeline(), ended);
                    }
                    if (deployment != null) {
                        SqliteDeployments.keep(s, state.pipeline(), deployment);
                    }
                    return insert(s, events);
                });
    }

    @Override
    public List<PipelineEvent> append(List<PipelineEvent> events) {
        return events.isEmpty()
                ? List.of()
                : database.write("cannot write events", s -> insert(s, events));
    }

    private List<PipelineEvent> insert(Session s, List<PipelineEvent> events) throws SQLException {
        var written = new ArrayList<PipelineEvent>(events.size());
        for (PipelineEvent e : events) {
            long seq = SqliteEvents.insert(s, e);
            written.add(SqliteEvents.numbered(e, seq));
            if (seq % limits.trimEvery() == 0) {
                trim(s, seq);
            }
        }
        return List.copyOf(written);
    }

    private void trim(Session s, long newest) throws SQLException {
        s.update("DELETE FROM event WHERE seq <= ?", newest - limits.events());
        s.update(
                "DELETE FROM rendered WHERE seq <= (SELECT max(seq) FROM rendered) - ?"
                        + " AND seq NOT IN (SELECT max(seq) FROM rendered GROUP BY pipeline, release)",
                limits.renderings());
    }

    @Override
    public void keepLog(String pipeline, FailedLog log) {
        failedLogs.keepLog(pipeline, log);
    }

    @Override
    public List<FailedLog> failedLogs(String pipeline) {
        return failedLogs.failedLogs(pipeline);
    }

    @Override
    public RunLedger runs() {
        return runs;
    }

    @Override
    public ArtifactStore artifacts() {
        return artifacts;
    }

    @Override
    public List<PipelineEvent> rename(
            String from, PipelineState state, List<PipelineEvent> events) {
        String to = state.pipeline();
        String json = StateJson.write(state);
        return database.write(
                "cannot rename pipeline " + from + " to " + to,
                s -> {
                    s.update("DELETE FROM pipeline WHERE name = ?", from);
                    s.update(
                            "INSERT INTO pipeline (name, state) VALUES (?, ?)"
                                    + " ON CONFLICT (name) DO UPDATE SET state = excluded.state",
                            to,
                            json);
                    SqliteRuns.rename(s, from, to);
                    for (String table : OF_A_PIPELINE) {
                        s.update(
                                "UPDATE OR REPLACE "
                                        + table
                                        + " SET pipeline = ? WHERE pipeline = ?",
                                to,
                                from);
                    }
                    return insert(s, events);
                });
    }

    @Override
    public void forget(String pipeline) {
        database.write(
                "cannot forget pipeline " + pipeline,
                s -> s.update("DELETE FROM pipeline WHERE name = ?", pipeline));
    }

    @Override
    public long nextNumber() {
        return database.write(
                "cannot take a number",
                s ->
                        s.number(
                                "UPDATE counter SET value = value + 1 WHERE name = 'number'"
                                        + " RETURNING value"));
    }

    @Override
    public List<DeploymentRecord> history(String pipeline, int limit) {
        return database.read(
                "cannot read the history of " + pipeline,
                s -> SqliteDeployments.history(s, pipeline, Math.max(0, limit)));
    }

    @Override
    public List<PipelineEvent> events(@Nullable String pipeline, long after, int limit) {
        return database.read(
                "cannot read events",
                s ->
                        List.copyOf(
                                SqliteEvents.select(
                                        s,
                                        pipeline,
                                        "seq > ? ORDER BY seq LIMIT ?",
                                        after,
                                        Math.max(0, limit))));
    }

    @Override
    public List<PipelineEvent> lastEvents(@Nullable String pipeline, long before, int limit) {
        return database.read(
                "cannot read events",
                s ->
                        List.copyOf(
                                SqliteEvents.select(
                                                s,
                                                pipeline,
                                                "seq < ? ORDER BY seq DESC LIMIT ?",
                                                before,
                                                Math.max(0, limit))
                                        .reversed()));
    }

    @Override
    public void store(String pipeline, Release release, Map<String, FileBytes> blobs) {
        blobs.forEach(stored::store);
        boolean before = storedBeforeHostRules(release.id());
        database.write(
                "cannot store release " + release.id() + " of " + pipeline,
                s ->
                        s.update(
                                "INSERT INTO release (pipeline, id, body, services) VALUES (?, ?, ?, ?)"
                                        + " ON CONFLICT (pipeline, id) DO UPDATE"
                                        + " SET body = excluded.body, services = excluded.services"
                                        + " WHERE body <> excluded.body"
                                        + " OR services <> excluded.services",
                                pipeline,
                                release.id(),
                                ReleaseJson.body(release),
                                ReleaseJson.services(release, before)));
    }

    @Override
    public Optional<Release> release(String pipeline, String id) {
        return cache.get(
                pipeline,
                id,
                () ->
                        database.read(
                                "cannot read release " + id + " of " + pipeline,
                                s ->
                                        s.one(
                                                        "SELECT id, body, services FROM release"
                                                                + " WHERE pipeline = ? AND id = ?",
                                                        UnreadableRecords.readable(
                                                                SqliteLedger::release),
                                                        pipeline,
                                                        id)
                                                .flatMap(found -> found.stream().findFirst())));
    }

    @Override
    public boolean storedBeforeHostRules(String id) {
        return storedBefore.contains(id);
    }

    @Override
    public List<Release> releases(String pipeline) {
        return database.read(
                "cannot read the releases of " + pipeline,
                s ->
                        s
                                .all(
                                        "SELECT id, body, services FROM release WHERE pipeline = ?"
                                                + " ORDER BY seq",
                                        UnreadableRecords.readable(SqliteLedger::release),
                                        pipeline)
                                .stream()
                                .flatMap(List::stream)
                                .toList());
    }

    private static Release release(ResultSet r) throws SQLException {
        return ReleaseJson.read(r.getString(1), r.getString(2), r.getString(3));
    }

    @Override
    public Optional<FileBytes> file(String sha256) {
        var found = stored.file(sha256);
        return found.isPresent() ? found : artifacts.open(sha256);
    }

    @Override
    public void rendered(String pipeline, String commit, String release) {
        String newest =
                "SELECT 1 FROM (SELECT commit_id, release FROM rendered WHERE pipeline = ?"
                        + " ORDER BY seq DESC LIMIT 1) WHERE commit_id = ? AND release = ?";
        String tried = "cannot write what commit " + commit + " rendered";
        boolean noted =
                database.read(tried, s -> s.one(newest, r -> true, pipeline, commit, release))
                        .isPresent();
        if (noted) {
            return;
        }
        database.write(
                tried,
                s ->
                        s.update(
                                "INSERT OR REPLACE INTO rendered (pipeline, commit_id, release)"
                                        + " VALUES (?, ?, ?)",
                                pipeline,
                                commit,
                                release));
    }

    @Override
    public Optional<String> commitOf(String pipeline, String release) {
        return database.read(
                "cannot read which commit rendered " + release,
                s ->
                        s.one(
                                "SELECT commit_id FROM rendered WHERE pipeline = ? AND release = ?"
                                        + " ORDER BY seq DESC LIMIT 1",
                                r -> r.getString(1),
                                pipeline,
                                release));
    }

    @Override
    public List<String> releasesOfCommit(String pipeline, String commitPrefix) {
        if (commitPrefix.isEmpty()) {
            return List.of();
        }
        return database.read(
                "cannot read what commit " + commitPrefix + " rendered",
                s ->
                        List.copyOf(
                                s.all(
                                        "SELECT release FROM rendered WHERE pipeline = ?"
                                                + " AND commit_id >= ? AND commit_id < ?"
                                                + " GROUP BY release ORDER BY max(seq) DESC",
                                        r -> r.getString(1),
                                        pipeline,
                                        commitPrefix,
                                        commitPrefix + HIGHEST_CHARACTER)));
    }

    @Override
    public Set<String> unseen() {
        return database.read(
                "cannot read which engines were not looked at yet",
                s -> Set.copyOf(s.all("SELECT engine FROM unseen", r -> r.getString(1))));
    }

    @Override
    public void leaveUnseen(Set<String> engines) {
        database.write(
                "cannot write which engines were not looked at yet",
                s -> {
                    int gone = s.update("DELETE FROM unseen");
                    for (String engine : engines) {
                        s.update("INSERT INTO unseen (engine) VALUES (?)", engine);
                    }
                    return gone;
                });
    }

    @Override
    public Optional<ImageRef> resolution(String pipeline, String reference) {
        return database.read(
                "cannot read what " + reference + " was resolved to",
                s ->
                        s.one(
                                "SELECT image FROM resolution WHERE pipeline = ? AND reference = ?",
                                r -> ImageRef.parse(r.getString(1)),
                                pipeline,
                                reference));
    }

    @Override
    public void resolved(String pipeline, String reference, ImageRef image) {
        database.write(
                "cannot write what " + reference + " was resolved to",
                s ->
                        s.update(
                                "INSERT INTO resolution (pipeline, reference, image) VALUES (?, ?, ?)"
                                        + " ON CONFLICT (pipeline, reference)"
                                        + " DO UPDATE SET image = excluded.image",
                                pipeline,
                                reference,
                                image.engineName()));
    }

    @Override
    public void forgetResolutions(String pipeline) {
        database.write(
                "cannot forget what images of " + pipeline + " were resolved to",
                s -> s.update("DELETE FROM resolution WHERE pipeline = ?", pipeline));
    }

    @Override
    public void verified(String repository, String branch, Verified head) {
        verdicts.write(repository, branch, head);
    }

    @Override
    public void verified(String repository, Verified verdict) {
        verdicts.write(repository, verdict);
    }

    @Override
    public Optional<Verified> verdict(String repository, String commit) {
        return verdicts.of(repository, commit);
    }

    @Override
    public Optional<String> verifiedHead(String repository, String branch) {
        return verdicts.head(repository, branch);
    }

    @Override
    public List<Verified> verdictsOf(String repository, String pipeline, String release) {
        return verdicts.ofRelease(repository, pipeline, release);
    }

    @Override
    public void close() {
        database.close();
        files.close();
    }
}
