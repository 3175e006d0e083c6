package io.plumbline.core.plan;

import java.util.Set;

/**
 * What a plan leaves as it is for now, though it differs from the release. The caller plans again
 * when the time for it has come. Immutable.
 *
 * @param fields as {@link #key}: a field that somebody else keeps changing; {@link #STATE} for a
 *     container whose next start waits
 * @param containers ids of containers whose clean-up waits
 */
public record Deferred(Set<String> fields, Set<String> containers) {

    /** The field that stands for a container that has to run. */
    public static final String STATE = "state";

    /** Nothing is deferred. */
    public static final Deferred NOTHING = new Deferred(Set.of(), Set.of());

    /** How a field of a replica is named: {@code service/replica/field}. */
    public static String key(String service, int replica, String field) {
        return service + "/" + replica + "/" + field;
    }

    boolean field(Lineup.Place place, String field) {
        return !fields.isEmpty() && fields.contains(key(place.service(), place.replica(), field));
    }

    /** Whether a start of this place's container waits. */
    boolean start(Lineup.Place place) {
        return field(place, STATE);
    }

    boolean cleanUp(String containerId) {
        return containers.contains(containerId);
    }
}
