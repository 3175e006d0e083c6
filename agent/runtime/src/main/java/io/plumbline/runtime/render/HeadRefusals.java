package io.plumbline.runtime.render;

import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.Head;
import io.plumbline.manifest.yaml.Words;
import io.plumbline.port.GitSource;
import io.plumbline.port.PlumblineException;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.journal.World;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * The refusals of one pipeline's head: since when, and whose commit it was. The first refusal for a
 * reason writes the event {@code HeadRefused}, the end writes {@code HeadAccepted}. Events of an
 * earlier run of the agent count. One thread only.
 */
public final class HeadRefusals {
    private static final EventType REFUSED = EventType.HEAD_REFUSED;
    private static final EventType ACCEPTED = EventType.HEAD_ACCEPTED;
    private static final String SAYS = " is refused: ";
    private static final Refusal NONE = new Refusal("", "", Instant.EPOCH);
    private static final int LOOKS_BACK = 1000;

    private final Journal journal;
    private final World world;
    private final GitSource git;
    private @Nullable Refusal known;

    public HeadRefusals(Journal journal, World world, GitSource git) {
        this.journal = journal;
        this.world = world;
        this.git = git;
    }

    /** The commit that was first refused for a reason, and when. */
    private record Refusal(String commit, String reason, Instant since) {}

    /** Writes an event if a refusal begins, has another reason, or ends. */
    public void looked(Head head) {
        var before = known();
        switch (head) {
            case Head.Broken b when !b.reason().equals(before.reason()) -> {
                var commit = commit(b.commit());
                journal.tell(REFUSED, commit + SAYS + b.reason());
                known = new Refusal(commit, b.reason(), world.ticker().now());
            }
            case Head.Ready r when !before.commit().isEmpty() -> {
                journal.tell(ACCEPTED, commit(r.commit()) + " is accepted");
                known = NONE;
            }
            case Head.Left l when !before.commit().isEmpty() -> {
                journal.tell(ACCEPTED, commit(l.commit()) + " does not have the pipeline");
                known = NONE;
            }
            default -> {}
        }
    }

    /**
     * Returns a note about a head that is refused or could not be rendered.
     *
     * @param again how long until the next attempt; null if not known
     */
    public String note(Head head, @Nullable Duration again) {
        return switch (head) {
            case Head.Broken b when b.reason().equals(known().reason()) ->
                    known().commit() + " is refused since " + seconds(known().since());
            case Head.Unresolved _ when again != null ->
                    "next try at " + seconds(world.ticker().now().plus(again));
            default -> "";
        };
    }

    private static Instant seconds(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS);
    }

    private String commit(String id) {
        var brief = "commit " + id.substring(0, Math.min(7, id.length()));
        try {
            return git.commit(id)
                    .map(c -> brief + " by " + Words.visible(c.author()))
                    .orElse(brief);
        } catch (PlumblineException e) {
            return brief;
        }
    }

    private Refusal known() {
        var now = known;
        if (now == null) {
            now = onRecord();
            known = now;
        }
        return now;
    }

    private Refusal onRecord() {
        var events = world.ledger().lastEvents(journal.state().pipeline(), LOOKS_BACK);
        for (var e : events.reversed()) {
            int says = e.reason().indexOf(SAYS);
            if (e.type().equals(REFUSED.word()) && says >= 0) {
                var reason = e.reason().substring(says + SAYS.length());
                return new Refusal(e.reason().substring(0, says), reason, e.at());
            }
            if (e.type().equals(ACCEPTED.word())) {
                break;
            }
        }
        return NONE;
    }
}
