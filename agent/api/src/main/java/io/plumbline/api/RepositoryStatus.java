package io.plumbline.api;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How the last look at a repository went. */
@Doc("How the last look at a repository went.")
public record RepositoryStatus(
        @Doc("Its name.") String repository,
        @Doc(
                        "`Pending` before the first look, `Read`, `Unreachable`, `NoCommit` if the branch"
                                + " or a tag is missing, `Refused` if the signature of the head is,"
                                + " `ManifestErrors` if a file breaks from which no pipeline can be"
                                + " read.")
                String state,
        @Doc("Why the state is not `Read`, else empty.") String reason,
        @Doc("The head. Null if none was read.") @Nullable String commit,
        @Doc("When the problem was first seen. Null if there is none.") @Nullable Instant since) {}
