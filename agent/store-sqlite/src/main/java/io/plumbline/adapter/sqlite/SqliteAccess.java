package io.plumbline.adapter.sqlite;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.plumbline.core.FailureKind;
import io.plumbline.core.access.AccessToken;
import io.plumbline.core.access.AuditChain;
import io.plumbline.core.access.AuditRecord;
import io.plumbline.core.access.AuditedAction;
import io.plumbline.core.access.Grant;
import io.plumbline.core.access.Role;
import io.plumbline.core.release.CanonicalJson;
import io.plumbline.port.AuditLog;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Tokens;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokens and the audit in {@code access.db} of the state folder. It is a separate file, so that
 * a damaged ledger neither locks callers out nor breaks the audit's chain. If this file is damaged,
 * it is set aside and a new one begins. Its tokens are then lost, and the state folder's own token
 * still works.
 */
public final class SqliteAccess implements Tokens, AuditLog, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteAccess.class);
    private static final String FILE = "access.db";
    private static final int PAGE = 1000;

    /** Number of records after which the head is logged, for a comparison with kept logs. */
    private static final int LOG_HEAD_EVERY = 100;

    private final Database database;
    private final @Nullable Path setAside;
    private final Map<String, AccessToken> byId = new ConcurrentHashMap<>();
    private final ExecutorService uses =
            Executors.newSingleThreadExecutor(Thread.ofVirtual().name("token-uses-", 0).factory());
    private long seq;
    private String head = AuditRecord.BEGIN;

    private SqliteAccess(Database database, @Nullable Path setAside) {
        this.database = database;
        this.setAside = setAside;
        database.read("cannot read the tokens", s -> s.all("SELECT * FROM token", this::readable))
                .forEach(found -> found.ifPresent(t -> byId.put(t.id(), t)));
        last(1).forEach(
                        r -> {
                            seq = r.seq();
                            head = r.hash();
                        });
    }

    /**
     * Opens the file, or creates it; a damaged one is set aside.
     *
     * @param stateFolder exists, and is locked by this agent
     * @throws PlumblineException {@code INVALID} if a newer Plumbline wrote it, {@code TRANSIENT}
     *     or {@code DENIED} if it cannot be read or written
     */
    public static SqliteAccess open(Path stateFolder, Instant now) {
        var version = SqliteAccess.class.getPackage().getImplementationVersion();
        var file = new DatabaseFile(stateFolder.toAbsolutePath().normalize(), FILE);
        Path aside = null;
        try {
            if (file.present() && damaged(file.path())) {
                aside = file.setAside();
            }
            file.prepare();
            return begun(file, aside, version == null ? "(built here)" : version, now);
        } catch (IOException e) {
            throw new PlumblineException(
                    FailureKind.TRANSIENT,
                    "cannot open " + file.path() + ": " + e + ". The agent's user must own it",
                    e);
        } catch (SQLException e) {
            throw LedgerFailure.of("cannot open " + file.path(), e);
        }
    }

    private static SqliteAccess begun(
            DatabaseFile file, @Nullable Path aside, String version, Instant now)
            throws SQLException {
        var database = Database.open(file.path());
        try {
            Migrations.ACCESS.migrate(database.beforeUse(), version);
            database.openReaders(file.path());
            var access = new SqliteAccess(database, aside);
            if (access.seq == 0) {
                access.append(
                        AuditedAction.of(
                                now,
                                "",
                                "begin",
                                Map.of(),
                                true,
                                "done",
                                aside == null
                                        ? "the audit is new"
                                        : "the file before was damaged and is kept as "
                                                + aside.getFileName()));
            }
            LOG.info("audit: {} records, head {}:{}", access.seq, access.seq, access.head);
            return access;
        } catch (SQLException | RuntimeException e) {
            database.close();
            throw e;
        }
    }

    private static boolean damaged(Path file) throws SQLException {
        try (var database = Database.open(file)) {
            Session session = database.beforeUse();
            return !"ok"
                    .equals(session.one("PRAGMA quick_check(1)", r -> r.getString(1)).orElse(""));
        } catch (SQLException e) {
            if (LedgerFailure.damage(e)) {
                return true;
            }
            throw e;
        }
    }

    /** Returns where a damaged file was set aside at the opening; empty if there was none. */
    public Optional<Path> setAside() {
        return Optional.ofNullable(setAside);
    }

    // --- tokens

    /** Parses a token. One that cannot be parsed is ignored, and does not stop the others. */
    private Optional<AccessToken> readable(ResultSet r) throws SQLException {
        try {
            return Optional.of(token(r));
        } catch (IllegalArgumentException | DateTimeException e) {
            LOG.error("token {} cannot be read and opens nothing: {}", r.getString("id"), e);
            return Optional.empty();
        }
    }

    private AccessToken token(ResultSet r) throws SQLException {
        return new AccessToken(
                r.getString("id"),
                r.getString("name"),
                r.getString("hash"),
                grant(r),
                r.getString("created_by"),
                Instant.parse(r.getString("created_at")),
                instant(r.getString("expires_at")),
                instant(r.getString("revoked_at")),
                instant(r.getString("last_used_at")));
    }

    private static Grant grant(ResultSet r) throws SQLException {
        try {
            return new Grant(
                    Role.of(r.getString("role")).orElseThrow(IllegalArgumentException::new),
                    JsonTree.list(JsonTree.parse(r.getString("pipelines")), p -> p.asText()));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static @Nullable Instant instant(String text) {
        return text.isEmpty() ? null : Instant.parse(text);
    }

    private static String text(@Nullable Instant at) {
        return at == null ? "" : at.toString();
    }

    @Override
    public Optional<AccessToken> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    @Override
    public List<AccessToken> all() {
        return byId.values().stream()
                .sorted(Comparator.comparing(AccessToken::createdAt).thenComparing(AccessToken::id))
                .toList();
    }

    @Override
    public synchronized void add(AccessToken token) {
        for (var other : byId.values()) {
            if (other.name().equals(token.name()) && other.good(token.createdAt())) {
                throw new PlumblineException(
                        FailureKind.CONFLICT,
                        "there is a token named "
                                + token.name()
                                + ", "
                                + other.id()
                                + ": revoke it first, or choose another name");
            }
        }
        database.write(
                "cannot keep the token " + token.name(),
                s ->
                        s.update(
                                "INSERT INTO token (id, name, hash, role, pipelines, created_by,"
                                        + " created_at, expires_at, revoked_at, last_used_at)"
                                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '')",
                                token.id(),
                                token.name(),
                                token.hash(),
                                token.grant().role().word(),
                                CanonicalJson.write(token.grant().pipelines()),
                                token.createdBy(),
                                token.createdAt().toString(),
                                text(token.expiresAt())));
        byId.put(token.id(), token);
    }

    @Override
    public synchronized boolean revoke(String id, Instant at) {
        var token = byId.get(id);
        if (token == null || token.revokedAt() != null) {
            return false;
        }
        database.write(
                "cannot revoke the token " + id,
                s -> s.update("UPDATE token SET revoked_at = ? WHERE id = ?", at.toString(), id));
        byId.put(id, changed(token, at, token.lastUsedAt()));
        return true;
    }

    private static AccessToken changed(
            AccessToken t, @Nullable Instant revoked, @Nullable Instant used) {
        return new AccessToken(
                t.id(),
                t.name(),
                t.hash(),
                t.grant(),
                t.createdBy(),
                t.createdAt(),
                t.expiresAt(),
                revoked,
                used);
    }

    @Override
    public void used(String id, Instant at) {
        var minute = at.truncatedTo(ChronoUnit.MINUTES);
        var token = byId.get(id);
        if (token == null || minute.equals(token.lastUsedAt())) {
            return;
        }
        byId.computeIfPresent(id, (_, t) -> changed(t, t.revokedAt(), minute));
        try {
            uses.execute(() -> keepUse(id, minute));
        } catch (RejectedExecutionException e) {
            // The agent stops; the loss of one last use does not matter.
        }
    }

    private void keepUse(String id, Instant minute) {
        try {
            database.write(
                    "cannot note the use of token " + id,
                    s ->
                            s.update(
                                    "UPDATE token SET last_used_at = ? WHERE id = ?",
                                    minute.toString(),
                                    id));
        } catch (PlumblineException e) {
            LOG.warn("{}", e.getMessage());
        }
    }

    // --- audit

    @Override
    public synchronized AuditRecord append(AuditedAction entry) {
        var record = AuditRecord.after(seq + 1, head, entry);
        database.write(
                "cannot write the audit",
                s ->
                        s.update(
                                "INSERT INTO audit (seq, at, record, hash) VALUES (?, ?, ?, ?)",
                                record.seq(),
                                AuditJson.time(entry.at()),
                                CanonicalJson.write(record.members()),
                                record.hash()));
        seq = record.seq();
        head = record.hash();
        if (seq % LOG_HEAD_EVERY == 0) {
            LOG.info("audit: {} records, head {}:{}", seq, seq, head);
        }
        return record;
    }

    @Override
    public List<AuditRecord> read(long after, @Nullable Instant since, int limit) {
        return database.read(
                "cannot read the audit",
                s ->
                        s.all(
                                "SELECT seq, record, hash FROM audit WHERE seq > ? AND at >= ?"
                                        + " ORDER BY seq LIMIT ?",
                                SqliteAccess::record,
                                after,
                                since == null ? "" : AuditJson.time(since),
                                limit));
    }

    @Override
    public List<AuditRecord> last(int limit) {
        return database.read(
                        "cannot read the audit",
                        s ->
                                s.all(
                                        "SELECT seq, record, hash FROM audit"
                                                + " ORDER BY seq DESC LIMIT ?",
                                        SqliteAccess::record,
                                        limit))
                .reversed();
    }

    private static AuditRecord record(ResultSet r) throws SQLException {
        return AuditJson.read(r.getLong("seq"), r.getString("record"), r.getString("hash"));
    }

    @Override
    public AuditChain.Verdict verify() {
        var chain = new AuditChain(true);
        long after = 0;
        while (true) {
            long from = after;
            var page =
                    database.read(
                            "cannot read the audit",
                            s ->
                                    s.all(
                                            "SELECT seq, record, hash FROM audit WHERE seq > ?"
                                                    + " ORDER BY seq LIMIT ?",
                                            r -> AuditJson.link(chain, r),
                                            from,
                                            PAGE));
            if (page.isEmpty()) {
                return chain.verdict();
            }
            after = page.getLast();
        }
    }

    @Override
    public void close() {
        uses.close();
        LOG.info("audit: {} records, head {}:{}", seq, seq, head);
        database.close();
    }
}
