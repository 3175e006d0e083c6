package io.plumbline.engine.docker.apply;

import io.plumbline.core.rollout.Evidence;
import io.plumbline.port.driver.EngineStatus.Standing;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What keeps an engine reconciler from its target, for its report.
 *
 * @param standing how the engine stands
 * @param why the obstacle in a sentence, empty if there is none
 * @param doing what the engine reconciler waits for, empty if nothing
 * @param fault the evidence of the release's own fault, which ends its deployment; else null
 * @param again how long to wait for mail before the next pass
 */
record Obstacle(
        Standing standing, String why, String doing, @Nullable Evidence fault, Duration again) {
    static Obstacle working(String doing, Duration again) {
        return new Obstacle(Standing.WORKING, "", doing, null, again);
    }

    static Obstacle of(Standing standing, String why, Duration again) {
        return new Obstacle(standing, why, "", null, again);
    }

    static Obstacle fault(Evidence evidence, Duration again) {
        return new Obstacle(Standing.FAULT, evidence.reason(), "", evidence, again);
    }
}
