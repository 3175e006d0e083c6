package io.plumbline.core.webhook;

import java.util.List;

/** The headers of a request. */
@FunctionalInterface
public interface RequestHeaders {

    /** All values of a header in their order, whatever the case of its name. */
    List<String> all(String name);
}
