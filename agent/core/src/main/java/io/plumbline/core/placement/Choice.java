package io.plumbline.core.placement;

/**
 * The reason why a service is or is not on an engine, for {@code plumb why}.
 *
 * @param service its name
 * @param engine its name
 * @param replicas number of replicas there
 * @param reason one sentence
 */
public record Choice(String service, String engine, int replicas, String reason) {}
