package io.plumbline.runtime.loop;

import io.plumbline.manifest.yaml.Words;
import java.util.Collection;

/** The suggestion for a sentence about an unknown name. */
public final class Hint {
    private Hint() {}

    /** Returns {@code , did you mean recsys?}; empty if no known name is similar. */
    public static String nearest(String name, Collection<String> known) {
        var near = Words.nearest(name, known);
        return near == null ? "" : ", did you mean " + near + "?";
    }
}
