package io.plumbline.engine.docker.wire;

import java.time.Duration;

/**
 * The deadlines of calls to an engine whose caller gives none.
 *
 * @param probe for {@code info}
 * @param look for calls that only read
 * @param act for small changes: networks, renames, limits
 * @param work for calls that move data or processes: create, copy, start, remove; added to a grace
 * @param probeImage for the pull of the probe's image
 */
record Deadlines(Duration probe, Duration look, Duration act, Duration work, Duration probeImage) {
    static final Deadlines DEFAULT =
            new Deadlines(
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(15),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(60),
                    Duration.ofMinutes(5));
}
