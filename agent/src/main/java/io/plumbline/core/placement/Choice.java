package io.plumbline.core.placement;

/**
 * Why a service is on an engine, or is not: what {@code plumb why} answers.
 *
 * @param service its name
 * @param engine its name
 * @param replicas how many are there now
 * @param reason one sentence
 */
public record Choice(String service, String engine, int replicas, String reason) {}
