package io.plumbline.adapter.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.Patience;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writes that wait for the disk together, and do not fail together. */
@SuppressWarnings("NullAway.Init") // open() comes first
class DatabaseTest {
    private static final int WRITERS = 30;

    @TempDir Path temp;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private Database database;

    @BeforeEach
    void open() throws SQLException {
        database = Database.open(temp.resolve("test.db"));
        database.openReaders(temp.resolve("test.db"));
        write("CREATE TABLE t (n INTEGER PRIMARY KEY)");
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        database.close();
    }

    private void write(String sql) {
        database.write(
                "cannot " + sql,
                s -> {
                    s.run(sql);
                    return true;
                });
    }

    private int insert(int n) {
        return database.write(
                "cannot insert " + n, s -> s.update("INSERT INTO t (n) VALUES (?)", n));
    }

    private List<Long> rows() {
        return database.read("cannot read", s -> s.all("SELECT n FROM t", r -> r.getLong(1)));
    }

    /** Starts the calls while a write is under way, which ends when all of them wait. */
    private <T> List<Future<T>> whileOneWrites(List<Callable<T>> calls) throws Exception {
        var begun = new CountDownLatch(1);
        var end = new CountDownLatch(1);
        var first =
                threads.submit(
                        () ->
                                database.write(
                                        "cannot wait",
                                        s -> {
                                            begun.countDown();
                                            await(end);
                                            return true;
                                        }));
        begun.await();
        var all = new ArrayList<Future<T>>();
        for (var call : calls) {
            all.add(threads.submit(call));
        }
        Patience.await().until(() -> database.waiting() == calls.size());
        end.countDown();
        first.get();
        return all;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void writesThatWaitShareATransaction() throws Exception {
        Set<Thread> writers = ConcurrentHashMap.newKeySet();
        var seenWithin = new AtomicInteger();
        var calls = new ArrayList<Callable<Integer>>();
        for (int i = 0; i < WRITERS; i++) {
            int n = i;
            calls.add(
                    () ->
                            database.write(
                                    "cannot insert " + n,
                                    s -> {
                                        writers.add(Thread.currentThread());
                                        seenWithin.addAndGet(rows().size());
                                        return s.update("INSERT INTO t (n) VALUES (?)", n) + n;
                                    }));
        }
        var all = whileOneWrites(calls);
        for (int i = 0; i < WRITERS; i++) {
            assertThat(all.get(i).get()).isEqualTo(1 + i);
        }
        assertThat(writers).hasSize(1);
        // Nothing is committed until all of them ran.
        assertThat(seenWithin).hasValue(0);
        assertThat(rows()).hasSize(WRITERS);
    }

    @Test
    void aWriteThatFailsFailsAlone() throws Exception {
        insert(7);
        var calls = new ArrayList<Callable<Integer>>();
        for (int i = 0; i < WRITERS; i++) {
            int n = i;
            calls.add(() -> insert(n));
        }
        calls.add(
                () ->
                        database.write(
                                "cannot",
                                s -> {
                                    s.update("INSERT INTO t (n) VALUES (1000)");
                                    throw new IllegalArgumentException("no");
                                }));
        var all = whileOneWrites(calls);
        for (int i = 0; i < WRITERS; i++) {
            if (i == 7) {
                assertThatThrownBy(all.get(i)::get)
                        .isInstanceOf(ExecutionException.class)
                        .hasCauseInstanceOf(PlumblineException.class)
                        .hasMessageContaining("cannot insert 7");
            } else {
                assertThat(all.get(i).get()).isEqualTo(1);
            }
        }
        assertThatThrownBy(all.getLast()::get)
                .hasCauseInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no");
        assertThat(rows()).hasSize(WRITERS).doesNotContain(1000L);
    }

    @Test
    void whatReturnedIsThereForEverybody() throws Exception {
        var all = new ArrayList<Future<Boolean>>();
        for (int i = 0; i < 200; i++) {
            int n = i;
            all.add(
                    threads.submit(
                            () -> {
                                insert(n);
                                return rows().contains((long) n);
                            }));
        }
        for (var one : all) {
            assertThat(one.get()).isTrue();
        }
        assertThat(rows()).hasSize(200);
    }
}
