package io.plumbline.adapter.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.core.access.AccessToken;
import io.plumbline.core.access.AuditedAction;
import io.plumbline.core.access.Grant;
import io.plumbline.core.access.Role;
import io.plumbline.port.PlumblineException;
import io.plumbline.testkit.Sample;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteAccessTest {
    private static final Instant AT = Sample.AT;

    @TempDir Path state;

    private SqliteAccess open() {
        return SqliteAccess.open(state, AT);
    }

    private static AccessToken token(String id, String name, @Nullable Instant expires) {
        return new AccessToken(
                id,
                name,
                "0".repeat(64),
                new Grant(Role.OPERATOR, List.of("team-*", "x")),
                "ada",
                AT,
                expires,
                null,
                null);
    }

    private static AuditedAction entry(String action) {
        return AuditedAction.of(
                AT, "127.0.0.1", action, Map.of("reason", "\"ü\" \u2028"), true, "asked", "");
    }

    private void sql(String statement) throws SQLException {
        try (var c = DriverManager.getConnection("jdbc:sqlite:" + state.resolve("access.db"));
                var s = c.createStatement()) {
            s.executeUpdate(statement);
        }
    }

    @Test
    void tokensOutliveTheAgent() {
        var expires = AT.plus(Duration.ofDays(90));
        try (var access = open()) {
            access.add(token("aa", "ci", expires));
            access.add(token("bb", "ops", null));
            assertThat(access.revoke("bb", AT)).isTrue();
            assertThat(access.revoke("bb", AT)).isFalse();
            assertThat(access.revoke("cc", AT)).isFalse();
            access.used("aa", AT);
            access.used("aa", AT.plusSeconds(1));
            access.used("none", AT);
        }
        try (var access = open()) {
            assertThat(access.all()).extracting(AccessToken::id).containsExactly("aa", "bb");
            var ci = access.find("aa").orElseThrow();
            assertThat(ci.grant()).isEqualTo(token("aa", "ci", expires).grant());
            assertThat(ci.expiresAt()).isEqualTo(expires);
            assertThat(ci.lastUsedAt()).isEqualTo("2026-01-31T08:15:00Z");
            assertThat(access.find("bb").orElseThrow().revokedAt()).isEqualTo(AT);
        }
    }

    @Test
    void aNameIsTakenWhileItsTokenIsGood() {
        try (var access = open()) {
            access.add(token("aa", "ci", null));
            assertThatThrownBy(() -> access.add(token("bb", "ci", null)))
                    .isInstanceOf(PlumblineException.class)
                    .hasMessageContaining("there is a token named ci, aa");
            access.revoke("aa", AT);
            access.add(token("bb", "ci", null));
            assertThat(access.all()).hasSize(2);
        }
    }

    @Test
    void theChainGoesOnOverRestarts() {
        try (var access = open()) {
            access.append(entry("one"));
        }
        try (var access = open()) {
            access.append(entry("two"));
            assertThat(access.last(10))
                    .extracting(r -> r.entry().action())
                    .containsExactly("begin", "one", "two");
            assertThat(access.last(10).getLast().entry()).isEqualTo(entry("two"));
            assertThat(access.read(1, null, 1)).extracting(r -> r.seq()).containsExactly(2L);
            assertThat(access.read(0, AT, 10)).hasSize(3);
            assertThat(access.read(0, AT.plusMillis(1), 10)).isEmpty();
            assertThat(access.verify().good()).isTrue();
            assertThat(access.verify().records()).isEqualTo(3);
        }
    }

    @Test
    void theAuditRefusesToBeChanged() {
        try (var access = open()) {
            access.append(entry("one"));
        }
        assertThatThrownBy(() -> sql("UPDATE audit SET record = '{}' WHERE seq = 1"))
                .hasMessageContaining("append-only");
        assertThatThrownBy(() -> sql("DELETE FROM audit")).hasMessageContaining("append-only");
    }

    @Test
    void whoChangesItAllTheSameIsFound() throws Exception {
        try (var access = open()) {
            for (int i = 0; i < 5; i++) {
                access.append(entry("number " + i));
            }
        }
        sql("DROP TRIGGER audit_is_not_changed");
        sql("DROP TRIGGER audit_is_not_shortened");
        sql("UPDATE audit SET record = replace(record, 'number 2', 'number 9') WHERE seq = 4");
        try (var access = open()) {
            assertThat(access.verify().firstBad()).isEqualTo(4);
            assertThat(access.verify().reason()).contains("changed");
        }
        sql("DELETE FROM audit WHERE seq = 3");
        try (var access = open()) {
            assertThat(access.verify().firstBad()).isEqualTo(3);
            assertThat(access.verify().reason()).contains("missing");
        }
    }

    @Test
    void aDamagedFileIsSetAsideAndItsTokensAreGone() throws Exception {
        try (var access = open()) {
            access.add(token("aa", "ci", null));
        }
        Files.writeString(state.resolve("access.db"), "this is no database".repeat(1000));
        try (var access = open()) {
            assertThat(access.setAside()).hasValue(state.resolve("access.db.damaged-1"));
            assertThat(access.all()).isEmpty();
            assertThat(access.last(1).getFirst().entry().detail()).contains("damaged-1");
        }
        try (var access = open()) {
            assertThat(access.setAside()).isEmpty();
        }
    }

    @Test
    void aTokenThatCannotBeReadDoesNotStopTheOthers() throws Exception {
        try (var access = open()) {
            access.add(token("aa", "ci", null));
            access.add(token("bb", "ops", null));
            access.add(token("cc", "web", null));
        }
        sql("UPDATE token SET role = 'emperor' WHERE id = 'aa'");
        sql("UPDATE token SET pipelines = '{' WHERE id = 'bb'");
        try (var access = open()) {
            assertThat(access.all()).extracting(AccessToken::id).containsExactly("cc");
            assertThat(access.verify().good()).isTrue();
        }
    }

    @Test
    void onlyItsOwnerMayReadIt() throws Exception {
        try (var access = open()) {
            access.add(token("aa", "ci", null));
            try (var files = Files.list(state)) {
                for (var file : files.toList()) {
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .as(file.toString())
                            .isEqualTo("rw-------");
                }
            }
        }
    }
}
