package io.plumbline.core.webhook;

import java.util.List;

/** The headers of a request. */
@FunctionalInterface
public interface RequestHeaders {

    /** Returns all values of a header in their order; the name's case does not matter. */
    List<String> all(String name);
}
