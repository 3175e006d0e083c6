package io.plumbline.api;

import org.jspecify.annotations.Nullable;

/** The result of a gate. */
@Doc("The result of a gate.")
public record GateResult(
        @Doc("Kind and name, such as `metric auc`.") String gate,
        @Doc("Whether it passed.") boolean passed,
        @Doc("The value, the bound and the stable release's value, in words.") String reason,
        @Doc("The value. Null if there is no number.") @Nullable Double value) {}
