package io.plumbline.adapter.git;

import java.io.IOException;

/** A remote exceeded a limit. The message is a sentence with the remedy. */
final class TooMuchReceived extends IOException {
    private static final long serialVersionUID = 1L;

    TooMuchReceived(String message) {
        super(message);
    }
}
