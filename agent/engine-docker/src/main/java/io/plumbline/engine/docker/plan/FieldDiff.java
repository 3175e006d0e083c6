package io.plumbline.engine.docker.plan;

import io.plumbline.core.workload.Reason;

/**
 * A field of the normal form that differs.
 *
 * @param field the field in the manifest's words, see {@link NormalForm}
 * @param want the spec's value, for display; empty for none; never a secret's value
 * @param live the container's value; empty for none
 */
public record FieldDiff(String field, String want, String live) {

    Reason reason() {
        return new Reason(field, live, want);
    }
}
