package io.plumbline.core.workload;

import java.util.List;

/**
 * An action of a plan, for display.
 *
 * @param engine the engine's name
 * @param word the kind of action, in the words of the engine's driver
 * @param target the object: a service, or another object such as a network or an image
 * @param replica the replica's name; empty if it concerns none
 * @param text the action and its reasons, a sentence
 * @param stops whether a replica stops
 * @param reasons the reasons
 */
public record PlannedAction(
        String engine,
        String word,
        String target,
        String replica,
        String text,
        boolean stops,
        List<Reason> reasons) {}
