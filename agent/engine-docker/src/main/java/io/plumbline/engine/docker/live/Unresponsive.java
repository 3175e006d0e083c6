package io.plumbline.engine.docker.live;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The objects of an engine that do not answer although the engine does, each with a sentence for
 * display. Other facts about such an object are from the last observation.
 *
 * @param containers by container id
 * @param images by the requested name
 * @param networks why the list of networks is not current; empty if it is
 * @param volumes why the list of volumes is not current; empty if it is
 */
public record Unresponsive(
        SortedMap<String, Container> containers,
        SortedMap<String, String> images,
        String networks,
        String volumes) {

    /** Everything answers. */
    public static final Unresponsive NOTHING =
            new Unresponsive(
                    Collections.unmodifiableSortedMap(new TreeMap<>()),
                    Collections.unmodifiableSortedMap(new TreeMap<>()),
                    "",
                    "");

    /**
     * A container that does not answer.
     *
     * @param why which call, on which engine, since when, and what to do
     * @param leaveAlone whether it must not be asked now; false if the next try of the unanswered
     *     call is due
     */
    public record Container(String why, boolean leaveAlone) {}
}
