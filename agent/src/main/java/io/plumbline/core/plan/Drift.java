package io.plumbline.core.plan;

/**
 * One difference between a live container and the release that it should be true to.
 *
 * @param engine the engine's name
 * @param service the service
 * @param replica from 1
 * @param container the container's name; empty where there is none
 * @param field what differs: a normal-form field, or {@code state}, {@code container}, {@code
 *     name}, {@code replicas}
 * @param want what the release says; for people, never a secret's value
 * @param live what is
 */
public record Drift(
        String engine,
        String service,
        int replica,
        String container,
        String field,
        String want,
        String live) {

    /** {@code service/replica/field}. */
    public String key() {
        return Deferred.key(service, replica, field);
    }

    /**
     * Whether it does no harm as it is: the container runs, is reachable, and is what the release
     * says apart from a limit, its restart policy, its name or a further network.
     */
    public boolean harmless() {
        return switch (field) {
            case "memory", "memorySwap", "cpus", "restart", "name" -> !container.isEmpty();
            default -> field.startsWith("networks[") && want.isEmpty();
        };
    }
}
