package io.plumbline.engine.docker.observe;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The pipelines that wait to know which images an engine has. They do not block: they are woken
 * when the answer is known. Safe for several threads.
 */
final class ImageWishes {
    private final ObservationCache observations;
    private final LookQueue looks;
    private final Consumer<String> wake;
    private final Set<String> open = ConcurrentHashMap.newKeySet();

    ImageWishes(ObservationCache observations, LookQueue looks, Consumer<String> wake) {
        this.observations = observations;
        this.looks = looks;
        this.wake = wake;
    }

    /**
     * Requests an observation of the images that are not known yet.
     *
     * @return whether this is a new request
     */
    boolean ask(String pipeline, Set<String> names) {
        if (observations.known(names).size() == names.size() || !open.add(pipeline)) {
            return false;
        }
        var _ =
                looks.ask(pipeline, names)
                        .whenComplete((_, failure) -> answered(pipeline, failure == null));
        return true;
    }

    private void answered(String pipeline, boolean looked) {
        open.remove(pipeline);
        if (looked) {
            wake.accept(pipeline);
        }
    }
}
