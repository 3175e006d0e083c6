package io.plumbline.core.plan;

import io.plumbline.core.observed.Labels;
import io.plumbline.core.observed.LiveContainer;
import io.plumbline.core.release.ReleaseService;

/** Which containers a deployment leaves as they are and does not judge. */
final class ServedBefore {

    private ServedBefore() {}

    /**
     * Whether a container served before this deployment, which did not start it. Its health says
     * nothing about what the deployment changes, so nothing waits for it:
     *
     * <ul>
     *   <li>on the way back, the target's own that ran already when a container of another release
     *       was created, both by the engine's clock. While a container of another release is
     *       healthy in its service, that one serves and is not stopped before;
     *   <li>on the way to a release, one that an earlier release made, with the same spec in a
     *       stable one.
     * </ul>
     */
    static boolean is(PlanInput in, ReleaseService service, LiveContainer c) {
        String release = c.label(Labels.RELEASE);
        if (in.policy().stopSurplus()) {
            var started = c.startedAt();
            var others =
                    in.observed().containers().stream()
                            .filter(x -> !x.label(Labels.RELEASE).equals(release))
                            .toList();
            return started != null
                    && others.stream().anyMatch(x -> x.createdAt().isAfter(started))
                    && others.stream()
                            .filter(x -> x.label(Labels.SERVICE).equals(service.name()))
                            .noneMatch(x -> in.verdict(x.id()) == Verdict.HEALTHY);
        }
        return !release.equals(in.release().id())
                && in.kept().stream()
                        .flatMap(k -> k.service(service.name()).stream())
                        .anyMatch(k -> Comparison.sameSpec(k, c));
    }
}
