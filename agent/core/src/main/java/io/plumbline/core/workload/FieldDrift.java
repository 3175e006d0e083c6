package io.plumbline.core.workload;

/**
 * One difference between a live container and its release.
 *
 * @param engine the engine's name
 * @param service the service
 * @param replica from 1
 * @param name the container's name; empty if there is none
 * @param field the field: a normal-form field, or {@code state}, {@code container}, {@code name},
 *     {@code replicas}
 * @param want the release's value; for display, never a secret's value
 * @param live the actual value
 */
public record FieldDrift(
        String engine,
        String service,
        int replica,
        String name,
        String field,
        String want,
        String live) {

    /** Returns {@code service/replica/field}. */
    public String key() {
        return service + "/" + replica + "/" + field;
    }

    /**
     * Whether the difference is harmless: the container runs, is reachable, and matches the release
     * except for a limit, its restart policy, its name or an additional network.
     */
    public boolean harmless() {
        return switch (field) {
            case "memory", "memorySwap", "cpus", "restart", "name" -> !name.isEmpty();
            default -> field.startsWith("networks[") && want.isEmpty();
        };
    }
}
