package io.plumbline.cli;

/** An error that ends the command, with a sentence for standard error and an exit code. */
class CliError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exit;

    CliError(int exit, String message) {
        super(message, null, false, false);
        this.exit = exit;
    }

    int exit() {
        return exit;
    }

    String sentence() {
        return getMessage() == null ? "" : getMessage();
    }
}
