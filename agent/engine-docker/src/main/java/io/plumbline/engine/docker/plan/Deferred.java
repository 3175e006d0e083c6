package io.plumbline.engine.docker.plan;

import java.util.Set;

/**
 * The differences that a plan leaves unchanged for now. The caller plans again when their wait is
 * over. Immutable.
 *
 * @param fields keys of {@link #key}: a contested field, or {@link #STATE} for a container whose
 *     next start waits
 * @param containers ids of containers whose clean-up waits
 */
public record Deferred(Set<String> fields, Set<String> containers) {

    /** The field that stands for the start of a container. */
    public static final String STATE = "state";

    /** Nothing is deferred. */
    public static final Deferred NOTHING = new Deferred(Set.of(), Set.of());

    /** Returns the key of a replica's field: {@code service/replica/field}. */
    public static String key(String service, int replica, String field) {
        return service + "/" + replica + "/" + field;
    }

    boolean field(ContainerMatch.Place place, String field) {
        return !fields.isEmpty() && fields.contains(key(place.service(), place.replica(), field));
    }

    /** Whether a start of this replica's container waits. */
    boolean start(ContainerMatch.Place place) {
        return field(place, STATE);
    }

    boolean cleanUp(String containerId) {
        return containers.contains(containerId);
    }
}
