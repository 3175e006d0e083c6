package io.plumbline.adapter.git;

import static org.assertj.core.api.Assertions.assertThat;

import org.eclipse.jgit.errors.NoRemoteRepositoryException;
import org.eclipse.jgit.transport.URIish;
import org.junit.jupiter.api.Test;

/** The sentences about a failed fetch. */
class FetchFailureTest {
    /** The remote's sentence may end with a full stop; advice follows. */
    @Test
    void adviceFollowsASentenceWithoutItsFullStop() throws Exception {
        var missing = new NoRemoteRepositoryException(new URIish("https://git/x"), "not found.");
        assertThat(FetchFailure.of("fetch", missing, FetchFailure.UNKNOWN).getMessage())
                .contains("not found; check repositories[].url")
                .doesNotContain(".;");
    }
}
