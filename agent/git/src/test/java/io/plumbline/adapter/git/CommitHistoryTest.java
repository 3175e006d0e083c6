package io.plumbline.adapter.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.lib.CommitBuilder;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevWalk;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommitHistoryTest {
    @TempDir Path folder;
    private Repository repository;
    private int count;

    @BeforeEach
    void create() throws Exception {
        HermeticGit.install();
        repository =
                Git.init()
                        .setBare(true)
                        .setInitialBranch("main")
                        .setDirectory(folder.resolve("r.git").toFile())
                        .call()
                        .getRepository();
    }

    private ObjectId commit(long when, ObjectId... parents) throws IOException {
        try (var inserter = repository.newObjectInserter()) {
            var commit = new CommitBuilder();
            commit.setTreeId(inserter.insert(Constants.OBJ_TREE, new byte[0]));
            commit.setParentIds(parents);
            var who =
                    new PersonIdent(
                            "A", "a@example.com", Instant.ofEpochSecond(when), ZoneOffset.UTC);
            commit.setAuthor(who);
            commit.setCommitter(who);
            commit.setMessage("commit " + count++);
            var id = inserter.insert(commit);
            inserter.flush();
            return id;
        }
    }

    private List<String> between(ObjectId commit, ObjectId since) throws IOException {
        try (var walk = new RevWalk(repository)) {
            return CommitHistory.between(walk, commit, since, 100);
        }
    }

    @Test
    void whatAMergeBroughtIsListedAlsoFromBeforeTheCommitsThatItMeets() throws IOException {
        var root = commit(1000);
        var side = commit(1001, root);
        var verified = commit(1005, commit(1004, root));
        var merge = commit(1010, verified, side);
        assertThat(between(merge, verified)).containsExactly(side.name(), merge.name());
    }

    @Test
    void datesThatLieLeaveNothingOut() throws IOException {
        var root = commit(5000);
        var verified = commit(100, root);
        var old = commit(1, verified);
        var future = commit(999_999, old);
        var head = commit(2, future);
        assertThat(between(head, verified))
                .containsExactlyInAnyOrder(old.name(), future.name(), head.name());
        var orphan = commit(1);
        var joined = commit(50, head, orphan);
        assertThat(between(joined, head)).containsExactlyInAnyOrder(orphan.name(), joined.name());
    }

    @Test
    void aShallowHistoryIsSaidToBeIncomplete() throws Exception {
        var one = commit(1000);
        var two = commit(1001, one);
        var three = commit(1002, two);
        var four = commit(1003, three);
        var update = repository.updateRef("refs/heads/main");
        update.setNewObjectId(four);
        update.update();
        var other = commit(1002, one);
        var aside = repository.updateRef("refs/heads/aside");
        aside.setNewObjectId(other);
        aside.update();
        try (var clone =
                Git.cloneRepository()
                        .setBare(true)
                        .setURI(folder.resolve("r.git").toUri().toString())
                        .setDirectory(folder.resolve("shallow.git").toFile())
                        .setDepth(2)
                        .call()) {
            repository = clone.getRepository();
            assertThat(between(four, three)).containsExactly(four.name());
            assertThatExceptionOfType(MissingObjectException.class)
                    .isThrownBy(() -> between(four, other));
        }
    }
}
