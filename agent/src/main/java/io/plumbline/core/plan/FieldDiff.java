package io.plumbline.core.plan;

/**
 * A field of the normal form that differs.
 *
 * @param field in the manifest's words, see {@link NormalForm}
 * @param want what the spec says, for people; empty for nothing; never a secret's value
 * @param live what the container has; empty for nothing
 */
public record FieldDiff(String field, String want, String live) {

    Reason reason() {
        return new Reason(field, live, want);
    }
}
