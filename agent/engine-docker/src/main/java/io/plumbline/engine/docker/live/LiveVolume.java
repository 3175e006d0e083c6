package io.plumbline.engine.docker.live;

import java.util.SortedMap;

/**
 * A volume of an engine.
 *
 * @param name unique on its engine
 * @param labels all of them
 */
public record LiveVolume(String name, SortedMap<String, String> labels) {}
