package io.plumbline.runtime;

import io.plumbline.manifest.yaml.Words;
import java.util.Collection;

/** What to add to a sentence about a name that is not there. */
final class Hint {
    private Hint() {}

    /** {@code , did you mean recsys?}; empty where no name is near. */
    static String nearest(String name, Collection<String> known) {
        var near = Words.nearest(name, known);
        return near == null ? "" : ", did you mean " + near + "?";
    }
}
