package io.plumbline.testkit;

import io.plumbline.core.FailureKind;
import io.plumbline.port.GitSource;
import java.util.Map;

/** The fake keeps the contract. */
class FakeGitTest extends GitSourceContract {
    private FakeGit git = new FakeGit("pipelines");

    @Override
    protected Remote remote() {
        git = new FakeGit("pipelines");
        return new Remote() {
            @Override
            public String commit(String subject, Map<String, String> files) {
                return git.commit(subject, files);
            }

            @Override
            public String rewrite(Map<String, String> files) {
                return git.forcePush(files);
            }

            @Override
            public void deleteBranch() {
                git.deleteBranch();
            }

            @Override
            public void goAway() {
                git.goAway(FailureKind.UNREACHABLE, "the remote is away");
            }

            @Override
            public void comeBack() {
                git.comeBack();
            }
        };
    }

    @Override
    protected GitSource open() {
        return git;
    }
}
