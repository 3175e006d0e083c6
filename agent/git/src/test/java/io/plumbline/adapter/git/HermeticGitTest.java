package io.plumbline.adapter.git;

import static org.assertj.core.api.Assertions.assertThat;

import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;
import org.junit.jupiter.api.Test;

class HermeticGitTest {
    @Test
    void readsNoConfigurationOfTheUserAndWritesNothingThere() {
        HermeticGit.install();
        var system = SystemReader.getInstance();

        assertThat(system.getenv("PATH")).isNull();
        assertThat(system.getenv("HOME")).isNull();
        assertThat(system.getProperty("user.home")).isNull();
        assertThat(system.openUserConfig(null, FS.DETECTED).getFile()).isNull();
        assertThat(system.openSystemConfig(null, FS.DETECTED).getFile()).isNull();
        assertThat(system.openJGitConfig(null, FS.DETECTED).getFile()).isNull();
    }
}
