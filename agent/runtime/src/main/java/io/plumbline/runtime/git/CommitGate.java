package io.plumbline.runtime.git;

import io.plumbline.core.FailureKind;
import io.plumbline.core.verify.SignatureVerdict;
import io.plumbline.core.verify.SignatureVerdict.Good;
import io.plumbline.core.verify.SignedCommit;
import io.plumbline.core.verify.Verified;
import io.plumbline.core.verify.VerifyPolicy;
import io.plumbline.port.GitSource;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.Ticker;
import io.plumbline.port.VerdictLedger;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The gate that decides whether a head may be read and deployed.
 *
 * <ol>
 *   <li>If no signature is required, every head passes.
 *   <li>The head's own signature must hold, in both modes. The gate does not check a verified
 *       commit again. A key that expires or leaves the key files later does not change its verdict;
 *       only a key that is listed as revoked does.
 *   <li>With {@code range}, every commit since the newest accepted head must be signed, too: all
 *       commits that the head reaches and that head does not. If no head was accepted before, the
 *       head alone is checked. The same rule applies to a rewritten history.
 *   <li>The verdict is written to the ledger before the head is passed on.
 * </ol>
 *
 * <p>Invariant: the agent parses no content of a commit before the gate accepts it.
 */
public final class CommitGate {
    /**
     * The largest range that is checked in one step; an operator must examine a larger one first.
     */
    private static final int LARGEST_RANGE = 10_000;

    private static final int LONGEST_PROBLEM = 500;

    private final String repository;
    private final GitSource git;
    private final @Nullable SignatureRule signatures;
    private final VerdictLedger ledger;
    private final Ticker ticker;

    /** Verified commits of a refused range, so that they are not checked at each poll. */
    private final Set<String> good = new HashSet<>();

    public CommitGate(
            String repository,
            GitSource git,
            @Nullable SignatureRule signatures,
            VerdictLedger ledger,
            Ticker ticker) {
        this.repository = repository;
        this.git = git;
        this.signatures = signatures;
        this.ledger = ledger;
        this.ticker = ticker;
    }

    /** The gate's decision about a head. */
    sealed interface Judgement permits Open, Shut {}

    /** The head may be deployed; {@code verified} is null if no signature is required. */
    record Open(@Nullable Verified verified) implements Judgement {}

    /** The head is refused; {@code why} names the commit, the problem and the remedy. */
    record Shut(String why) implements Judgement {}

    /** Judges a head. Only the repository's own thread may call this. */
    Judgement judge(String head) {
        var asked = signatures;
        if (asked == null) {
            return new Open(null);
        }
        var known = ledger.verdict(repository, head).orElse(null);
        if (known != null && asked.policy().revokes(known)) {
            var revoked = new SignatureVerdict.Revoked(shown(known));
            return new Shut(refusal(head, revoked, wayOut(asked, head)));
        }
        var verdict = known == null ? check(asked, head) : null;
        if (verdict != null && !(verdict instanceof Good)) {
            return new Shut(refusal(head, verdict, wayOut(asked, head)));
        }
        var problem = asked.policy().mode() == VerifyPolicy.Mode.RANGE ? before(asked, head) : null;
        if (problem != null) {
            return new Shut(problem);
        }
        var verified = verdict instanceof Good found ? verified(head, found) : known;
        if (verified != null) {
            ledger.verified(repository, asked.branch(), verified);
        }
        good.clear();
        return new Open(verified);
    }

    /**
     * Returns the verdict of a commit that is not a new head: the recorded one, or a new one, which
     * is recorded.
     */
    public Optional<Verified> vouched(String commit) {
        var asked = signatures;
        if (asked == null) {
            return Optional.empty();
        }
        var known = ledger.verdict(repository, commit);
        if (known.isPresent()) {
            return known;
        }
        if (!(check(asked, commit) instanceof Good found)) {
            return Optional.empty();
        }
        var verified = verified(commit, found);
        ledger.verified(repository, verified);
        return Optional.of(verified);
    }

    /** Whether the key of this verdict has been revoked since. */
    public boolean revokes(@Nullable Verified verified) {
        return signatures != null && verified != null && signatures.policy().revokes(verified);
    }

    /**
     * Returns why a revert or rollback to a stored release is refused: all commits known to render
     * it have a signature of a revoked key. Empty if it is allowed. A release from before
     * signatures were required is allowed.
     */
    public String revoked(String pipeline, String release) {
        if (signatures == null) {
            return "";
        }
        var verdicts = ledger.verdictsOf(repository, pipeline, release);
        return verdicts.isEmpty() || !verdicts.stream().allMatch(this::revokes)
                ? ""
                : release
                        + " is signed by "
                        + shown(verdicts.getFirst())
                        + ", which is listed as revoked";
    }

    /** Returns the newest verdict of a stored release that holds; if none holds, the newest. */
    public @Nullable Verified verdictOf(String pipeline, String release) {
        var verdicts = ledger.verdictsOf(repository, pipeline, release);
        return verdicts.stream()
                .filter(v -> !revokes(v))
                .findFirst()
                .orElse(verdicts.isEmpty() ? null : verdicts.getFirst());
    }

    static String shown(Verified v) {
        return "key " + v.key() + (v.signer().isEmpty() ? "" : " (" + v.signer() + ")");
    }

    /**
     * Returns why a commit before the head is refused, for the first such commit; null if there is
     * none.
     */
    private @Nullable String before(SignatureRule asked, String head) {
        var since = ledger.verifiedHead(repository, asked.branch());
        if (since.isEmpty()) {
            return null;
        }
        List<String> range;
        try {
            range = git.commitsSince(head, since.get(), LARGEST_RANGE);
        } catch (PlumblineException e) {
            if (e.kind() != FailureKind.MISSING && e.kind() != FailureKind.INVALID) {
                throw e;
            }
            return "commit "
                    + head
                    + " cannot be verified: the commits since "
                    + since.get()
                    + ", the last verified one, are not known ("
                    + e.getMessage()
                    + "); after looking at them, deploy this head once with `verify: {mode: head}`";
        }
        for (var commit : range) {
            if (commit.equals(head) || good.contains(commit)) {
                continue;
            }
            var verdict = check(asked, commit);
            if (!(verdict instanceof Good)) {
                return refusal(commit, verdict, wayOut(asked, head));
            }
            good.add(commit);
        }
        return null;
    }

    private SignatureVerdict check(SignatureRule asked, String commit) {
        byte[] object;
        try {
            object = git.commitObject(commit);
        } catch (PlumblineException e) {
            if (e.kind() != FailureKind.INVALID) {
                throw e;
            }
            return new SignatureVerdict.Bad(String.valueOf(e.getMessage()));
        }
        return asked.verifier().verify(SignedCommit.parse(object), ticker.now());
    }

    private Verified verified(String commit, Good found) {
        var signature = SignedCommit.parse(git.commitObject(commit)).signature();
        return new Verified(
                commit,
                found.key(),
                found.issuer(),
                found.signer(),
                found.method(),
                ticker.now(),
                signature == null ? "" : new String(signature, StandardCharsets.UTF_8));
    }

    private static String refusal(String commit, SignatureVerdict verdict, String wayOut) {
        return "commit "
                + commit
                + " "
                + printable(verdict.problem())
                + "; not deployed: "
                + wayOut;
    }

    /**
     * Removes line breaks and control characters: whoever pushed the commit wrote the text of the
     * signature.
     */
    private static String printable(String text) {
        var plain = text.replaceAll("[\\p{Cntrl}\\p{Cf}\\u2028\\u2029]+", " ");
        return plain.length() > LONGEST_PROBLEM
                ? plain.substring(0, LONGEST_PROBLEM) + "..."
                : plain;
    }

    private static String wayOut(SignatureRule asked, String head) {
        return switch (asked.policy().mode()) {
            case HEAD -> "push a commit on top that is signed (git commit -S) by a listed key";
            case RANGE ->
                    "every commit must be signed by a listed key: sign it again (git rebase"
                            + " --exec 'git commit --amend --no-edit -S') and push that history, or,"
                            + " after looking at it, deploy head "
                            + (head.length() > 12 ? head.substring(0, 12) : head)
                            + " once with `verify: {mode: head}`";
        };
    }
}
