package io.plumbline.runtime;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Pipelines that want to know which images an engine has and do not wait for the answer: they are
 * woken when it is there. Safe for several threads.
 */
final class ImageWishes {
    private final Sightings sightings;
    private final LookQueue looks;
    private final Consumer<String> wake;
    private final Set<String> open = ConcurrentHashMap.newKeySet();

    ImageWishes(Sightings sightings, LookQueue looks, Consumer<String> wake) {
        this.sightings = sightings;
        this.looks = looks;
        this.wake = wake;
    }

    /**
     * Asks for a look at those that are not known yet.
     *
     * @return whether a look is wanted that was not wanted before
     */
    boolean ask(String pipeline, Set<String> names) {
        if (sightings.known(names).size() == names.size() || !open.add(pipeline)) {
            return false;
        }
        var _ = looks.ask(names).whenComplete((_, failure) -> answered(pipeline, failure == null));
        return true;
    }

    private void answered(String pipeline, boolean looked) {
        open.remove(pipeline);
        if (looked) {
            wake.accept(pipeline);
        }
    }
}
