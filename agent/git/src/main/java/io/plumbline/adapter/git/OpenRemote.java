package io.plumbline.adapter.git;

import java.io.IOException;
import java.text.MessageFormat;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.jgit.errors.TransportException;
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
 * A remote during one fetch: it lists its refs and sends objects to the mirror.
 *
 * <ol>
 *   <li>The first fetch gets only the newest commit, if the history is not needed and the server
 *       supports it (depth 1). Later ones get everything new, so from that commit on the mirror's
 *       history is complete.
 *   <li>If the history is needed and the mirror began without it, it is fetched once.
 * </ol>
 */
final class OpenRemote {
    /**
     * Errors in objects that are harmless here, because nothing is checked out. Old histories have
     * many of them. {@link TreeListing} checks the names and modes of the files that are used.
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
     * Creates a remote over a transport that its caller closes.
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

    /**
     * Returns the refs by full name that match a pattern such as refs/tags/*, and perhaps others.
     */
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
     * Fetches a ref, by force and without tags.
     *
     * @param from full name of a ref, or a commit's id
     * @param to full name of the mirror's ref
     */
    void bring(String from, String to) throws IOException {
        fetch(from, to, depth());
    }

    /** Fetches a ref in the same way, unless the remote has no such ref; returns whether it has. */
    boolean bringIfThere(String from, String to) throws IOException {
        try {
            bring(from, to);
            return true;
        } catch (TransportException e) {
            var absent = MessageFormat.format(JGitText.get().remoteDoesNotHaveSpec, from);
            if (String.valueOf(e.getMessage()).contains(absent)) {
                return false;
            }
            throw e;
        }
    }

    /** Whether objects came that JGit did not check. */
    boolean broughtUnchecked() {
        return unchecked;
    }

    /** Fetches all matching refs. */
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
     * Sets the depth. With a depth and a check of objects, JGit 7.7 takes the result for
     * incomplete, so {@link MirrorCheck} does that check.
     */
    private void prepare(@Nullable Integer depth) {
        unchecked |= depth != null;
        transport.setDepth(depth);
        transport.setObjectChecker(depth == null ? new ObjectChecker().setIgnore(HARMLESS) : null);
    }
}
