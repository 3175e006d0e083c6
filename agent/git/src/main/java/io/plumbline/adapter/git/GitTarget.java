package io.plumbline.adapter.git;

import java.util.Objects;

/** The part of a remote that is followed. */
public sealed interface GitTarget {

    /**
     * The newest commit of a branch.
     *
     * @param name short
     */
    record Branch(String name) implements GitTarget {}

    /**
     * The tag with the highest version.
     *
     * @param pattern pattern of tags' names with one {@code *}, which stands for the version
     * @param range range of the version, as npm writes ranges: {@code >=1.2 <2}
     */
    record Tag(String pattern, String range) implements GitTarget {}

    /**
     * One fixed commit.
     *
     * @param id full, lower case
     */
    record Commit(String id) implements GitTarget {}

    /** Returns the target for messages. */
    default String shown() {
        return switch (this) {
            case Branch b -> "branch " + b.name();
            case Tag t -> "tags " + t.pattern() + " in " + t.range();
            case Commit c -> "commit " + c.id();
        };
    }

    /** Returns the mirror's ref for the head; each target has its own. */
    default String ref() {
        return switch (this) {
            case Branch b -> "refs/heads/" + b.name();
            case Tag t ->
                    "refs/plumbline/tags-"
                            + Integer.toHexString(Objects.hash(t.pattern(), t.range()));
            case Commit c -> "refs/plumbline/commit-" + c.id();
        };
    }
}
