package io.plumbline.adapter.git;

import io.plumbline.core.FailureKind;
import io.plumbline.port.PlumblineException;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.semver4j.Semver;
import org.semver4j.range.RangeList;
import org.semver4j.range.RangeListFactory;

/**
 * The choice of the tag with the highest version by <a href="https://semver.org">semver 2.0.0</a>.
 *
 * <ol>
 *   <li>A tag counts if it matches the pattern and {@code *} stands for a full version. {@code
 *       1.4.2} is one, also with a leading v; {@code v1.4} is not.
 *   <li>The version must be in the range. A prerelease ({@code 2.0.0-rc.1}) counts only if the
 *       range names a prerelease of the same release.
 *   <li>Of two that differ only after a +, the later name wins.
 * </ol>
 */
final class TagChoice {
    private final String before;
    private final String after;
    private final RangeList range;

    TagChoice(GitTarget.Tag tag) {
        int star = tag.pattern().indexOf('*');
        if (star < 0 || tag.pattern().indexOf('*', star + 1) >= 0) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "tag.pattern \"" + tag.pattern() + "\" must have one *, for the version");
        }
        before = tag.pattern().substring(0, star);
        after = tag.pattern().substring(star + 1);
        range = RangeListFactory.create(tag.range());
    }

    private record Candidate(String tag, Semver version) {}

    /** Returns the short name of the tag to follow; empty if no tag counts. */
    Optional<String> of(Collection<String> tags) {
        return tags.stream()
                .map(this::candidate)
                .flatMap(Optional::stream)
                .filter(c -> c.version().satisfies(range))
                .max(Comparator.comparing(Candidate::version).thenComparing(Candidate::tag))
                .map(Candidate::tag);
    }

    /** Whether the version of one tag is higher than that of another; both match the pattern. */
    boolean higher(String tag, String other) {
        var a = candidate(tag);
        var b = candidate(other);
        return a.isPresent() && b.isPresent() && a.get().version().compareTo(b.get().version()) > 0;
    }

    private Optional<Candidate> candidate(String tag) {
        if (!tag.startsWith(before)
                || !tag.endsWith(after)
                || tag.length() <= before.length() + after.length()) {
            return Optional.empty();
        }
        @Nullable Semver version =
                Semver.parse(tag.substring(before.length(), tag.length() - after.length()));
        return version == null ? Optional.empty() : Optional.of(new Candidate(tag, version));
    }
}
