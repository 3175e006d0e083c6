package io.plumbline.adapter.docker;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.ContainerFile;
import io.plumbline.core.release.ContainerSpec;
import io.plumbline.manifest.Healthcheck;
import io.plumbline.manifest.SecretMount;
import io.plumbline.manifest.VolumeMount;
import io.plumbline.port.PlumblineException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Where the agent's own things lie in a container. */
final class Layout {
    /** Folder of the probe. */
    static final String FOLDER = "/.plumbline";

    /** The probe's script. */
    static final String PROBE = FOLDER + "/probe";

    /** What the script runs on. */
    static final String BUSYBOX = FOLDER + "/busybox";

    private Layout() {}

    /** The engine's health test for a check. */
    static List<String> test(Healthcheck.Check check) {
        String timeout = Long.toString(Math.max(1, CreateBody.seconds(check.timeout())));
        List<String> test = new ArrayList<>(List.of("CMD"));
        switch (check.test()) {
            case Healthcheck.Exec exec -> test.addAll(exec.command());
            case Healthcheck.Http http ->
                    test.addAll(
                            List.of(
                                    PROBE,
                                    "http",
                                    Integer.toString(http.port()),
                                    http.path(),
                                    timeout));
            case Healthcheck.Tcp tcp ->
                    test.addAll(List.of(PROBE, "tcp", Integer.toString(tcp.port()), timeout));
        }
        return List.copyOf(test);
    }

    /**
     * Folders that need a small volume of their own because the root cannot be written: those of
     * files, secrets and the probe. Empty where the root can be written.
     */
    static SortedSet<String> writableFolders(ContainerSpec spec) {
        TreeSet<String> folders = new TreeSet<>();
        if (!spec.readOnly()) {
            return folders;
        }
        spec.files().stream().map(ContainerFile::target).map(Layout::parent).forEach(folders::add);
        for (SecretMount secret : spec.secrets()) {
            if (secret instanceof SecretMount.AsFile file) {
                folders.add(parent(file.target()));
            }
        }
        if (spec.healthcheck() instanceof Healthcheck.Check check
                && !(check.test() instanceof Healthcheck.Exec)) {
            folders.add(FOLDER);
        }
        if (folders.contains("/")) {
            throw new PlumblineException(
                    FailureKind.INVALID,
                    "with a read-only root a file or secret cannot lie directly in /; give it a"
                            + " folder");
        }
        spec.volumes().stream().map(VolumeMount::target).forEach(folders::remove);
        folders.removeAll(spec.tmpfs().keySet());
        return folders;
    }

    /** The folder that holds a path. */
    static String parent(String path) {
        return path.substring(0, Math.max(1, path.lastIndexOf('/')));
    }
}
