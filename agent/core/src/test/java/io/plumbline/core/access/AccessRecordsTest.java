package io.plumbline.core.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessRecordsTest {
    private static final Instant AT = Instant.parse("2026-01-31T08:15:00.250999Z");

    private static Principal with(Grant... grants) {
        return new Principal("x", Principal.Method.TOKEN, "", List.of(grants));
    }

    @ParameterizedTest
    @CsvSource({
        "VIEWER, true, false, false",
        "OPERATOR, true, true, false",
        "ADMIN, true, true, true"
    })
    void aRoleIncludesWhatIsBelowIt(Role role, boolean view, boolean operate, boolean admin) {
        assertThat(role.has(Permission.OPEN)).isTrue();
        assertThat(role.has(Permission.VIEW)).isEqualTo(view);
        assertThat(role.has(Permission.OPERATE)).isEqualTo(operate);
        assertThat(role.has(Permission.ADMIN)).isEqualTo(admin);
    }

    @Test
    void grantsAddUpByPipeline() {
        var who =
                with(
                        new Grant(Role.OPERATOR, List.of("team-*", "shared")),
                        new Grant(Role.VIEWER, List.of("*")));
        assertThat(who.may(Permission.OPERATE, "team-a")).isTrue();
        assertThat(who.may(Permission.OPERATE, "shared")).isTrue();
        assertThat(who.may(Permission.OPERATE, "shared-2")).isFalse();
        assertThat(who.may(Permission.VIEW, "shared-2")).isTrue();
        assertThat(who.mayOnAll(Permission.VIEW)).isTrue();
        assertThat(who.mayOnAll(Permission.OPERATE)).isFalse();
        assertThat(who.maySomewhere(Permission.ADMIN)).isFalse();
        assertThat(with().maySomewhere(Permission.VIEW)).isFalse();
    }

    @Test
    void anAdminIsOneOfAll() {
        assertThatThrownBy(() -> new Grant(Role.ADMIN, List.of("team-*")))
                .hasMessageContaining("'*'");
        assertThatThrownBy(() -> new Grant(Role.VIEWER, List.of())).hasMessageContaining("pattern");
    }

    @Test
    void aTokenIsReadBackAndAMistypedOneIsNone() {
        var made = TokenText.of(new byte[TokenText.RANDOM_BYTES]);
        assertThat(TokenText.parse(made.text())).hasValue(made);
        assertThat(made.toString()).doesNotContain(made.secret());
        var text = made.text();
        for (int i = 0; i < text.length(); i++) {
            var other = text.charAt(i) == '0' ? '1' : '0';
            var typo = text.substring(0, i) + other + text.substring(i + 1);
            assertThat(TokenText.parse(typo)).as(typo).isEmpty();
        }
        assertThat(TokenText.parse(text + "0")).isEmpty();
        assertThat(TokenText.parse("")).isEmpty();
    }

    private static List<AuditRecord> chain(int length) {
        var all = new ArrayList<AuditRecord>();
        var head = AuditRecord.BEGIN;
        for (int i = 1; i <= length; i++) {
            var entry =
                    AuditedAction.of(
                            AT, "10.0.0.1", "sync", Map.of("reason", "n" + i), true, "asked", "");
            var record = AuditRecord.after(i, head, entry);
            all.add(record);
            head = record.hash();
        }
        return all;
    }

    private static AuditChain.Verdict verify(List<AuditRecord> records, boolean whole) {
        var chain = new AuditChain(whole);
        records.forEach(
                r -> chain.add(r.seq(), r.previous(), r.hash(), AuditRecord.hash(r.members())));
        return chain.verdict();
    }

    @Test
    void aChainIsWhole() {
        var records = chain(5);
        var verdict = verify(records, true);
        assertThat(verdict.good()).isTrue();
        assertThat(verdict.records()).isEqualTo(5);
        assertThat(verdict.head()).isEqualTo(records.getLast().hash());
        assertThat(records.getFirst().entry().at()).isEqualTo("2026-01-31T08:15:00.250Z");
        // A part verifies as a part and not as the whole.
        assertThat(verify(records.subList(2, 5), false).good()).isTrue();
        assertThat(verify(records.subList(2, 5), true).firstBad()).isEqualTo(1);
    }

    @Test
    void theFirstBadRecordIsNamed() {
        for (int at = 1; at <= 5; at++) {
            var taken = new ArrayList<>(chain(6));
            taken.remove(at - 1);
            assertThat(verify(taken, true).firstBad()).as("taken out").isEqualTo(at);

            var changed = new ArrayList<>(chain(6));
            var r = changed.get(at - 1);
            changed.set(
                    at - 1,
                    new AuditRecord(r.seq(), r.previous(), r.entry().detailed("forged"), r.hash()));
            assertThat(verify(changed, true).firstBad()).as("changed").isEqualTo(at);

            var rehashed = new ArrayList<>(chain(6));
            rehashed.set(
                    at - 1, AuditRecord.after(r.seq(), r.previous(), r.entry().detailed("forged")));
            assertThat(verify(rehashed, true).firstBad()).as("rehashed").isEqualTo(at + 1);
        }
    }
}
