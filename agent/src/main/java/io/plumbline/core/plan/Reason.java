package io.plumbline.core.plan;

/**
 * Why an action is planned: {@code memory: 512m -> 1g}.
 *
 * @param field what differs, in the manifest's words where it has one: {@code image}, {@code
 *     env[DATE]}, {@code state}, {@code replicas}
 * @param from what is, for people; empty for nothing; never a secret's value
 * @param to what is wanted; empty for nothing
 */
public record Reason(String field, String from, String to) {

    @Override
    public String toString() {
        return field
                + ": "
                + (from.isEmpty() ? "(none)" : from)
                + " -> "
                + (to.isEmpty() ? "(none)" : to);
    }
}
