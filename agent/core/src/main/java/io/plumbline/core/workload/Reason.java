package io.plumbline.core.workload;

/**
 * The reason of an action: {@code memory: 512m -> 1g}.
 *
 * @param field the field that differs, in the manifest's words if it has one: {@code image}, {@code
 *     env[DATE]}, {@code state}, {@code replicas}
 * @param from the actual value, for display; empty for none; never a secret's value
 * @param to the desired value; empty for none
 */
public record Reason(String field, String from, String to) {

    @Override
    public String toString() {
        return field + ": " + live(field, from) + " -> " + wanted(field, to);
    }

    /** Returns an actual value for display: {@code unset} if there is none. */
    public static String live(String field, String value) {
        return !value.isEmpty() ? value : field.equals("container") ? "missing" : "unset";
    }

    /** Returns a desired value for display: {@code unset} if there is none. */
    public static String wanted(String field, String value) {
        boolean object =
                field.equals("container") || field.equals("service") || field.equals("state");
        return !value.isEmpty() ? value : object ? "removed" : "unset";
    }
}
