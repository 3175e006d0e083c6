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
        return field + ": " + live(field, from) + " -> " + wanted(field, to);
    }

    /** A value that is, for people: {@code unset} where there is none. */
    public static String live(String field, String value) {
        return !value.isEmpty() ? value : field.equals("container") ? "missing" : "unset";
    }

    /** A value that is wanted, for people: {@code unset} where there is none. */
    public static String wanted(String field, String value) {
        boolean object =
                field.equals("container") || field.equals("service") || field.equals("state");
        return !value.isEmpty() ? value : object ? "removed" : "unset";
    }
}
