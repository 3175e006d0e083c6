package io.plumbline.adapter.docker;

import java.time.Duration;

/**
 * How long a call to an engine may take where its caller does not say.
 *
 * @param probe of {@code info}
 * @param look what only reads
 * @param act what changes something small: networks, renames, limits
 * @param work what moves data or processes: create, copy, start, remove; also on top of a grace
 * @param probeImage pulling the image that holds the probe
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
