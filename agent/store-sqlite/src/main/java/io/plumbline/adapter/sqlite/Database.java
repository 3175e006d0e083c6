package io.plumbline.adapter.sqlite;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.SynchronousMode;
import org.sqlite.SQLiteDataSource;

/**
 * A SQLite file with one writer and a few readers. A transaction is on disk when the call returns
 * (write-ahead log, {@code synchronous=FULL}). Readers see committed data and never wait for the
 * writer.
 */
final class Database implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Database.class);
    private static final int READERS = 2;
    private static final int BUSY_MILLIS = 10_000;
    private static final int LARGEST_IDLE_LOG = 16 << 20;

    private final Path file;
    private volatile String unwritable = "";
    private final ReentrantLock writing = new ReentrantLock();
    private final Session writer;
    private final ConcurrentLinkedQueue<Write<?>> waiting = new ConcurrentLinkedQueue<>();
    private final Semaphore free = new Semaphore(READERS);
    private final ConcurrentLinkedQueue<Session> readers = new ConcurrentLinkedQueue<>();

    private Database(Path file, Session writer) {
        this.file = file;
        this.writer = writer;
    }

    /** The use of a session. */
    interface Work<T> {
        T on(Session session) throws SQLException;
    }

    /** Opens the file with the writer only, so that it can be checked first. */
    static Database open(Path file) throws SQLException {
        var database = new Database(file, new Session(connect(file, false)));
        try {
            database.writer.number("SELECT count(*) FROM sqlite_schema");
            return database;
        } catch (SQLException e) {
            database.close();
            throw e;
        }
    }

    /** Opens the readers. */
    void openReaders(Path file) throws SQLException {
        for (int i = 0; i < READERS; i++) {
            readers.add(new Session(connect(file, true)));
        }
    }

    private static Connection connect(Path file, boolean reader) throws SQLException {
        var config = new SQLiteConfig();
        config.setJournalMode(JournalMode.WAL);
        config.setSynchronous(SynchronousMode.FULL);
        config.enforceForeignKeys(true);
        config.setBusyTimeout(BUSY_MILLIS);
        config.setTempStore(SQLiteConfig.TempStore.MEMORY);
        config.setJournalSizeLimit(LARGEST_IDLE_LOG);
        var source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + file);
        var connection = source.getConnection();
        if (reader) {
            new Session(connection).run("PRAGMA query_only = ON");
        }
        return connection;
    }

    /** Returns the writer, for checks before any other use. */
    Session beforeUse() {
        return writer;
    }

    /**
     * Runs the work in a transaction. Writes that wait for the same moment share one transaction,
     * so that they wait for the disk once and not one after the other. If one of them fails, each
     * is run again in a transaction of its own. So the work may run twice, and on another thread.
     */
    <T> T write(String tried, Work<T> work) {
        var mine = new Write<>(tried, work);
        waiting.add(mine);
        writing.lock();
        try {
            if (!mine.done()) {
                together();
            }
            if (!mine.done()) {
                // The thread that took it failed before it came to it.
                alone(mine);
            }
        } finally {
            writing.unlock();
        }
        return mine.result();
    }

    /** Returns how many writes wait for the one that is under way. */
    int waiting() {
        return waiting.size();
    }

    /** Runs the writes that wait, in the order in which they came. */
    private void together() {
        var group = new ArrayList<Write<?>>();
        for (Write<?> next = waiting.poll(); next != null; next = waiting.poll()) {
            group.add(next);
        }
        if (group.size() < 2) {
            group.forEach(this::alone);
            return;
        }
        try {
            transaction(
                    () -> {
                        for (var write : group) {
                            write.run(writer);
                        }
                    });
            group.forEach(Write::succeed);
        } catch (SQLException | RuntimeException | Error e) {
            LOG.debug("{} writes are made one by one: {}", group.size(), e.toString());
            group.forEach(this::alone);
        }
    }

    private void alone(Write<?> write) {
        try {
            transaction(() -> write.run(writer));
            write.succeed();
        } catch (SQLException e) {
            if (LedgerFailure.disk(e)) {
                unwritable = String.valueOf(e.getMessage());
            }
            write.fail(LedgerFailure.of(write.tried(), e));
        } catch (RuntimeException | Error e) {
            write.fail(e);
        }
    }

    /** Statements of a transaction. */
    private interface Statements {
        void run() throws SQLException;
    }

    private void transaction(Statements statements) throws SQLException {
        writer.run("BEGIN IMMEDIATE");
        try {
            statements.run();
            writer.run("COMMIT");
        } catch (SQLException | RuntimeException | Error e) {
            rollback(e);
            throw e;
        }
    }

    /** A write that its caller waits for. Only the thread that holds the lock runs it. */
    private static final class Write<T> {
        private final String tried;
        private final Work<T> work;
        private @Nullable Supplier<T> result;
        private @Nullable T last;

        Write(String tried, Work<T> work) {
            this.tried = tried;
            this.work = work;
        }

        String tried() {
            return tried;
        }

        void run(Session session) throws SQLException {
            last = work.on(session);
        }

        void succeed() {
            var value = last;
            result = () -> value;
        }

        void fail(Throwable e) {
            result =
                    () -> {
                        throw thrown(e);
                    };
        }

        private static RuntimeException thrown(Throwable e) {
            if (e instanceof Error error) {
                throw error;
            }
            return (RuntimeException) e;
        }

        boolean done() {
            return result != null;
        }

        T result() {
            return Objects.requireNonNull(result, "the write was made").get();
        }
    }

    /**
     * Returns why the disk refused a write since the last successful probe; empty if it did not.
     */
    Optional<String> unwritable() {
        var cause = unwritable;
        return cause.isEmpty()
                ? Optional.empty()
                : Optional.of(StateDisk.of(file).unwritable(cause));
    }

    /** Makes a write only to check whether it succeeds. */
    void probe(String tried, Work<Integer> work) {
        try {
            int changed = write(tried, work);
            if (changed > 0) {
                unwritable = "";
            }
        } catch (PlumblineException e) {
            LOG.debug("{}", e.getMessage());
        }
    }

    private void rollback(Throwable cause) {
        try {
            writer.run("ROLLBACK");
        } catch (SQLException e) {
            // SQLite has rolled back by itself after some errors; then there is nothing to do.
            cause.addSuppressed(e);
        }
    }

    /** Reads one consistent state. */
    <T> T read(String tried, Work<T> work) {
        free.acquireUninterruptibly();
        Session session = readers.poll();
        try {
            if (session == null) {
                throw new IllegalStateException("the ledger is closed");
            }
            return work.on(session);
        } catch (SQLException e) {
            throw LedgerFailure.of(tried, e);
        } catch (StateJson.Unreadable e) {
            throw new PlumblineException(FailureKind.FAULT, tried + ": " + e.getMessage(), e);
        } finally {
            if (session != null) {
                readers.add(session);
            }
            free.release();
        }
    }

    @Override
    public void close() {
        writing.lock();
        free.acquireUninterruptibly(READERS);
        try {
            List<Session> all = new ArrayList<>(readers);
            readers.clear();
            all.add(writer);
            for (Session session : all) {
                try {
                    session.connection().close();
                } catch (SQLException e) {
                    // What was committed is on the disk; there is nothing left to save.
                }
            }
        } finally {
            free.release(READERS);
            writing.unlock();
        }
    }
}
