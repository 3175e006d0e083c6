package io.plumbline.enginesim;

/** An engine's answer that something cannot be. */
final class SimRefusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    SimRefusal(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    int status() {
        return status;
    }

    String said() {
        return String.valueOf(getMessage());
    }

    static SimRefusal noContainer(String id) {
        return new SimRefusal(404, "No such container: " + id);
    }

    static SimRefusal noNetwork(String id) {
        return new SimRefusal(404, "network " + id + " not found");
    }
}
