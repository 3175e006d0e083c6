package io.plumbline.adapter.git;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.adapter.git.JGitSource.Settings;
import io.plumbline.port.GitSource.Branch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jgit.lib.ObjectId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tags, one commit, and a mirror that began with the newest commit; from Git's own server. */
@SuppressWarnings("NullAway.Init") // begin() comes first
class TargetsTest {
    private static final Duration SOON = Duration.ofMinutes(1);

    @TempDir Path temp;

    private RemoteRepository repository;
    private GitHttpServer server;
    private int files;

    @BeforeEach
    void begin() {
        server = new GitHttpServer(temp);
        repository = new RemoteRepository(temp.resolve("remote.git"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private JGitSource open(GitTarget target, boolean history) {
        return JGitSource.open(
                new Settings(
                        "ml",
                        server.url("127.0.0.1", "/remote.git"),
                        target,
                        "",
                        temp.resolve("mirror"),
                        GitAccess.PLAIN,
                        history));
    }

    private JGitSource branch(boolean history) {
        return open(new GitTarget.Branch("main"), history);
    }

    private JGitSource tags() {
        return open(new GitTarget.Tag("v*", ">=1.2 <2"), false);
    }

    private String commit() {
        return repository.commit("c" + ++files, Map.of("a.yaml", "text " + files));
    }

    // ---- the mirror's beginning

    @Test
    void beginsWithTheNewestCommitAloneAndHasAllThatComesAfter() {
        String one = commit();
        String two = commit();
        try (var source = branch(false)) {
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(two, ""));
            assertThat(source.commit(one)).isEmpty();
            String three = commit();
            String four = commit();
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(four, ""));
            assertThat(source.files(three)).hasSize(1);
            assertThat(source.files(two)).hasSize(1);
        }
    }

    @Test
    void bringsTheHistoryWhereItIsNeeded() {
        String one = commit();
        String two = commit();
        try (var source = branch(true)) {
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(two, ""));
            assertThat(source.files(one)).hasSize(1);
        }
    }

    @Test
    void bringsTheHistoryLaterOnWhenItIsAskedFor() {
        String one = commit();
        String two = commit();
        try (var source = branch(false)) {
            source.fetch(SOON);
        }
        try (var source = branch(true)) {
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(two, ""));
            assertThat(source.commit(one)).isPresent();
        }
    }

    @Test
    void bringsTheHistoryAfterSomebodyAskedForACommitThatIsNotThere() {
        String one = commit();
        String two = commit();
        try (var source = branch(false)) {
            source.fetch(SOON);
            assertThat(source.commit(one)).isEmpty();
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(two, ""));
            assertThat(source.files(one)).hasSize(1);
        }
    }

    @Test
    void saysOfAForcePushOnlyWhatItKnows() {
        String one = commit();
        String two = commit();
        try (var source = branch(false)) {
            source.fetch(SOON);
            // Back behind the mirror's beginning: what came is whole and does not contain it.
            repository.reset(one);
            assertThat(source.fetch(SOON).problem())
                    .startsWith("history was rewritten: branch main went from");
            // Forward again: the mirror does not know what is behind its beginning.
            repository.reset(two);
            assertThat(source.fetch(SOON).problem()).contains("cannot be told");
            String three = commit();
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(three, ""));
            // Another commit in its place, on top of the beginning.
            repository.reset(two);
            source.fetch(SOON);
            commit();
            String four = String.valueOf(source.fetch(SOON).commit());
            repository.reset(two);
            String other = repository.commit("other", Map.of("b.yaml", "x"));
            assertThat(source.fetch(SOON).problem())
                    .isEqualTo(
                            "history was rewritten: branch main went from %s to %s, which does not contain it"
                                    .formatted(four.substring(0, 10), other.substring(0, 10)));
        }
    }

    @Test
    void tidiesAMirrorThatBeganLate() throws Exception {
        commit();
        String two = commit();
        try (var source = branch(false)) {
            source.fetch(SOON);
            for (int i = 0; i < 52; i++) {
                commit();
                source.fetch(SOON);
            }
            String last = commit();
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(last, ""));
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(last, ""));
            assertThat(source.files(two)).hasSize(1);
        }
        try (var packs = Files.list(temp.resolve("mirror/objects/pack"))) {
            assertThat(packs.filter(p -> p.toString().endsWith(".pack"))).hasSizeLessThan(30);
        }
        try (var source = branch(false)) {
            assertThat(source.current().commit()).isNotNull();
        }
    }

    // ---- tags

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void followsTheHighestTagOfTheRange(boolean annotated) {
        String one = commit();
        String two = commit();
        String three = commit();
        repository.tag("v1.2.0", one, annotated);
        repository.tag("v2.0.0", three, annotated);
        repository.tag("v1.9.9-rc.1", three, annotated);
        repository.tag("nightly", three, annotated);
        try (var source = tags()) {
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(one, "", "v1.2.0"));
            assertThat(source.current()).isEqualTo(new Branch(one, "", "v1.2.0"));
            repository.tag("v1.10.0", two, annotated);
            repository.tag("v1.9.0", three, annotated);
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(two, "", "v1.10.0"));
            assertThat(source.files(two)).hasSize(1);
            repository.tag("v1.10.0", three, annotated);
            assertThat(source.fetch(SOON).problem())
                    .isEqualTo(
                            "tag v1.10.0 was moved from %s to %s"
                                    .formatted(two.substring(0, 10), three.substring(0, 10)));
            repository.untag("v1.10.0");
            repository.untag("v1.9.0");
            assertThat(source.fetch(SOON))
                    .isEqualTo(
                            new Branch(
                                    one,
                                    "tag v1.10.0 is gone; v1.2.0 is the highest that there is now",
                                    "v1.2.0"));
        }
        try (var again = tags()) {
            assertThat(again.current()).isEqualTo(new Branch(one, "", "v1.2.0"));
        }
    }

    @Test
    void saysThatNoTagIsFitAndWhatThereIs() {
        String one = commit();
        repository.tag("v0.9.0", one, false);
        repository.tag("v1.3", one, false);
        try (var source = tags()) {
            assertThat(source.fetch(SOON))
                    .isEqualTo(
                            new Branch(
                                    null,
                                    "no tag is a version as v* in the range >=1.2 <2; the repository"
                                            + " has the tags v0.9.0, v1.3"));
            repository.tag("v1.3.0", one, false);
            assertThat(source.fetch(SOON).commit()).isEqualTo(one);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "v*;*;v1.0.0 v1.10.0 v1.9.0 v2.0.0-rc.1 2.0.0;v1.10.0",
                "*;*;v1.0.0 1.2.0 main x1.9.9;1.2.0",
                "ml/v*;^1.2;ml/v1.2.3 v1.9.9 ml/v2.0.0 ml/v1.2.10;ml/v1.2.10",
                "v*-prod;~1.2;v1.2.3-prod v1.2.9 v1.3.0-prod;v1.2.3-prod",
                "v*;>=2.0.0-rc.1 <3;v2.0.0-rc.1 v2.0.0-rc.2 v2.1.0-rc.1;v2.0.0-rc.2",
                "v*;1.x || 3.x;v1.9.0 v2.9.0 v3.0.1;v3.0.1",
                "v*;*;v1.0.0+a v1.0.0+b;v1.0.0+b",
                "v*;>=5;v1.0.0;",
            })
    void choosesByVersion(String pattern, String range, String tags, @Nullable String chosen) {
        assertThat(new TagChoice(new GitTarget.Tag(pattern, range)).of(List.of(tags.split(" "))))
                .isEqualTo(Optional.ofNullable(chosen));
    }

    // ---- one commit

    @Test
    void staysOnOneCommitAndAsksNoMoreOnceItIsThere() {
        String one = commit();
        commit();
        var fixed = new GitTarget.Commit(one);
        try (var source = open(fixed, false)) {
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(one, ""));
            assertThat(source.files(one)).hasSize(1);
            commit();
            repository.goAway();
            assertThat(source.fetch(SOON)).isEqualTo(new Branch(one, ""));
        }
    }

    @Test
    void saysThatThereIsNoSuchCommit() {
        commit();
        var unknown = ObjectId.fromString("0123456789012345678901234567890123456789").name();
        try (var source = open(new GitTarget.Commit(unknown), false)) {
            var branch = source.fetch(SOON);
            assertThat(branch.commit()).isNull();
            assertThat(branch.problem()).contains("in none of the repository's branches and tags");
        }
    }
}
