package io.plumbline.cli;

import java.util.Map;

/** A verb with verbs of its own, {@code plumb VERB MEMBER}. */
interface Family {

    /** Commands by name. */
    Map<String, Object> members();
}
