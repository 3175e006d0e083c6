package io.plumbline.cli;

import java.util.Map;
import java.util.function.Function;

/** A verb that has verbs of its own, such as {@code tokens create}. */
interface Group {
    /** Returns its verbs by name, in the order of the help. */
    Map<String, Function<CliContext, Object>> verbs();
}
