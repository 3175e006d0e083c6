package io.plumbline.adapter.git;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.jgit.internal.JGitText;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectChecker;
import org.eclipse.jgit.lib.ObjectChecker.ErrorType;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.transport.RefSpec;
import org.eclipse.jgit.transport.TagOpt;
import org.eclipse.jgit.transport.Transport;
import org.jspecify.annotations.Nullable;

/**
 * A remote in one fetch: says what refs it has, and gives objects to the mirror.
 *
 * <ol>
 *   <li>The first time it gives the newest commit alone, where nobody needs the history and the
 *       server can (depth 1). After that it gives whatever is new, so from that commit on the
 *       mirror's history is whole.
 *   <li>Where the history is needed and the mirror began without, it is given once.
 * </ol>
 */
final class OpenRemote {
    /**
     * What is wrong with objects here is no danger, as nothing is checked out, and old histories
     * are full of it; {@link TreeListing} looks at the names and modes of what is used.
     */
    private static final Set<ErrorType> HARMLESS =
            EnumSet.of(
                    ErrorType.ZERO_PADDED_FILEMODE,
                    ErrorType.EMPTY_NAME,
                    ErrorType.FULL_PATHNAME,
                    ErrorType.HAS_DOT,
                    ErrorType.HAS_DOTDOT,
                    ErrorType.HAS_DOTGIT,
                    ErrorType.NULL_SHA1,
                    ErrorType.DUPLICATE_ENTRIES,
                    ErrorType.TREE_NOT_SORTED,
                    ErrorType.BAD_DATE,
                    ErrorType.BAD_EMAIL,
                    ErrorType.BAD_TIMEZONE,
                    ErrorType.MISSING_AUTHOR,
                    ErrorType.MISSING_EMAIL,
                    ErrorType.MISSING_SPACE_BEFORE_DATE,
                    ErrorType.MISSING_TAG_ENTRY,
                    ErrorType.GITMODULES_BLOB,
                    ErrorType.GITMODULES_LARGE,
                    ErrorType.GITMODULES_NAME,
                    ErrorType.GITMODULES_PARSE,
                    ErrorType.GITMODULES_PATH,
                    ErrorType.GITMODULES_SYMLINK,
                    ErrorType.GITMODULES_URL,
                    ErrorType.BAD_UTF8);

    private final Transport transport;
    private final Mirror mirror;
    private final CancelSwitch cancel;
    private final boolean history;
    private boolean unchecked;

    /**
     * Over a transport that its caller closes.
     *
     * @param history whether the whole history is needed
     */
    OpenRemote(Transport transport, Mirror mirror, CancelSwitch cancel, boolean history) {
        this.transport = transport;
        this.mirror = mirror;
        this.cancel = cancel;
        this.history = history;
        transport.setTagOpt(TagOpt.NO_TAGS);
        transport.setRemoveDeletedRefs(false);
    }

    /** The refs by full name, with others perhaps, that a pattern such as refs/tags/* asks for. */
    Map<String, Ref> refs(String pattern) throws IOException {
        try (var connection = transport.openFetch(List.of(new RefSpec(pattern + ":" + pattern)))) {
            return connection.getRefsMap();
        }
    }

    /** Whether the mirror lacks history that is needed. */
    boolean lacksHistory() throws IOException {
        return history && !mirror.begins().isEmpty();
    }

    /**
     * Fetches, by force and without tags.
     *
     * @param from full name of a ref, or a commit's id
     * @param to full name of the mirror's ref
     */
    void bring(String from, String to) throws IOException {
        fetch(from, to, depth());
    }

    /** Whether objects came that JGit did not check. */
    boolean broughtUnchecked() {
        return unchecked;
    }

    /** Fetches all that there is. */
    void bringAll(String from, String to) throws IOException {
        fetch(from, to, mirror.begins().isEmpty() ? null : Constants.INFINITE_DEPTH);
    }

    private @Nullable Integer depth() throws IOException {
        if (lacksHistory()) {
            return Constants.INFINITE_DEPTH;
        }
        return mirror.isNew() && !history ? 1 : null;
    }

    private void fetch(String from, String to, @Nullable Integer depth) throws IOException {
        var specs = List.of(new RefSpec("+" + from + ":" + to));
        prepare(depth);
        try {
            transport.fetch(cancel, specs);
        } catch (IOException e) {
            String said = String.valueOf(e.getMessage());
            if (depth == null || !said.contains(JGitText.get().shallowNotSupported)) {
                throw e;
            }
            prepare(null);
            transport.fetch(cancel, specs);
        }
    }

    /**
     * With a depth JGit 7.7 takes what it got for incomplete when it is told to check it, so that
     * is left to {@link MirrorCheck}.
     */
    private void prepare(@Nullable Integer depth) {
        unchecked |= depth != null;
        transport.setDepth(depth);
        transport.setObjectChecker(depth == null ? new ObjectChecker().setIgnore(HARMLESS) : null);
    }
}
