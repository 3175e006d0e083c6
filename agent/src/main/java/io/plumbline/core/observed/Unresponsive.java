package io.plumbline.core.observed;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The objects of an engine that do not answer although the engine does, each with a sentence for
 * people. What else is known of such an object is what was seen of it last.
 *
 * @param containers by container id
 * @param images by the name that was asked for
 * @param networks why the list of networks is not up to date; empty if it is
 * @param volumes why the list of volumes is not up to date; empty if it is
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
     * @param leaveAlone whether nothing may be asked of it now; false when the next try of what it
     *     did not answer is due
     */
    public record Container(String why, boolean leaveAlone) {}
}
