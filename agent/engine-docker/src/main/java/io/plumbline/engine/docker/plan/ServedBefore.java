package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.ReleaseService;
import io.plumbline.core.workload.Verdict;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveContainer;

/** The containers that a deployment leaves unchanged and does not judge. */
final class ServedBefore {

    private ServedBefore() {}

    /**
     * Whether a container served before this deployment, which did not start it. Its health says
     * nothing about the deployment's change, so nothing waits for it:
     *
     * <ul>
     *   <li>In a revert or rollback, a container of the target that ran already when a container of
     *       another release was created, both by the engine's clock. It does not count while a
     *       container of another release is healthy in its service, because that one serves and is
     *       not stopped before.
     *   <li>In a rollout, a container that an earlier release created, if a stable release has the
     *       same spec.
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
