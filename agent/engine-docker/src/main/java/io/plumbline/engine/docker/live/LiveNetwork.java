package io.plumbline.engine.docker.live;

import java.util.SortedMap;

/**
 * A network of an engine.
 *
 * @param id the engine's id
 * @param name not unique: the engine accepts several networks of one name
 * @param labels all of them
 */
public record LiveNetwork(String id, String name, SortedMap<String, String> labels) {}
