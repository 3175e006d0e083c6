package io.plumbline.core.observed;

import java.util.SortedMap;

/**
 * A network of an engine.
 *
 * @param id the engine's id
 * @param name may stand for several networks: the engine does not keep names unique
 * @param labels all of them
 */
public record LiveNetwork(String id, String name, SortedMap<String, String> labels) {}
