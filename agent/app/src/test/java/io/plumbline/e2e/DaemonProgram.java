package io.plumbline.e2e;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The Docker daemon that tests start where they need one of their own: Debian's, or the one that
 * {@code PLUMBLINE_TEST_DOCKERD} names, with the {@code daemon.json} that {@code
 * PLUMBLINE_TEST_DOCKERD_CONFIG} names. {@code scripts/lib.sh} does the same.
 */
final class DaemonProgram {
    private DaemonProgram() {}

    /** The program and its first arguments. */
    static List<String> command() {
        var command = new ArrayList<String>();
        command.add(variable("PLUMBLINE_TEST_DOCKERD").orElse("dockerd"));
        variable("PLUMBLINE_TEST_DOCKERD_CONFIG")
                .ifPresent(config -> command.addAll(List.of("--config-file", config)));
        return command;
    }

    /** Variables to start it with: what lies beside it (runc, containerd) is found first. */
    static Map<String, String> environment() {
        return variable("PLUMBLINE_TEST_DOCKERD")
                .map(dockerd -> Path.of(dockerd).toAbsolutePath().getParent())
                .map(folder -> folder + File.pathSeparator + System.getenv("PATH"))
                .map(path -> Map.of("PATH", path))
                .orElse(Map.of());
    }

    private static Optional<String> variable(String name) {
        return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isBlank());
    }
}
