package io.plumbline.adapter.git;

import java.io.IOException;

/** A remote sent more than is taken. The message is a sentence that says what to do. */
final class TooMuchReceived extends IOException {
    private static final long serialVersionUID = 1L;

    TooMuchReceived(String message) {
        super(message);
    }
}
