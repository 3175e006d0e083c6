package io.plumbline.engine.docker.apply;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.SpecFile;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.engine.docker.api.EngineClient;
import io.plumbline.engine.docker.api.EngineClient.FileContent;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveNetwork;
import io.plumbline.manifest.SecretMount;
import io.plumbline.port.FileBytes;
import io.plumbline.port.PlumblineException;
import io.plumbline.port.SecretStore;
import io.plumbline.port.SecretValue;
import io.plumbline.runtime.secrets.Secrets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The parts of a new container that its spec only names: values of secrets, bytes of files, ids of
 * networks. Safe for several threads.
 */
final class ContainerParts {
    private final EngineClient engine;
    private final SecretStore secrets;
    private final String agent;

    ContainerParts(EngineClient engine, SecretStore secrets, String agent) {
        this.engine = engine;
        this.secrets = secrets;
        this.agent = agent;
    }

    /** Returns the current values of the secrets in the environment, by variable. */
    Map<String, SecretValue> secretEnv(WorkloadSpec spec) {
        Map<String, SecretValue> env = new HashMap<>();
        for (var secret : spec.secrets()) {
            if (secret instanceof SecretMount.AsEnv e) {
                env.put(e.target(), Secrets.need(secrets, e.name()).withoutLineEnd());
            }
        }
        return env;
    }

    /**
     * Returns the files, with the current values of the secrets that are files.
     *
     * @param bytes returns the bytes of a file of the spec
     */
    List<FileContent> files(WorkloadSpec spec, Function<SpecFile, FileBytes> bytes) {
        var files = new ArrayList<FileContent>();
        for (var f : spec.files()) {
            files.add(new FileContent(f.target(), f.mode(), f.uid(), f.gid(), bytes.apply(f)));
        }
        for (var secret : spec.secrets()) {
            if (secret instanceof SecretMount.AsFile f) {
                var value = Secrets.need(secrets, f.name()).bytes();
                files.add(new FileContent(f.target(), f.mode(), f.uid(), f.gid(), value));
            }
        }
        return files;
    }

    /** Returns the engine's names of the volumes, by the spec's names. */
    static Map<String, String> volumeNames(WorkloadSpec spec, String pipeline) {
        var names = new HashMap<String, String>();
        for (var v : spec.volumes()) {
            names.put(v.name(), ContainerLayout.volumeName(pipeline, v.name()));
        }
        return names;
    }

    /** Returns a network's id as observed; asks the engine if it was not there then. */
    String networkId(String name, List<LiveNetwork> observed) {
        return ourNetwork(name, observed)
                .or(() -> ourNetwork(name, engine.networks()))
                .orElseThrow(
                        () ->
                                new PlumblineException(
                                        FailureKind.MISSING,
                                        "network " + name + " is not on engine " + engine.name()));
    }

    private Optional<String> ourNetwork(String name, List<LiveNetwork> networks) {
        return networks.stream()
                .filter(n -> n.name().equals(name))
                .filter(n -> agent.equals(n.labels().get(Labels.AGENT)))
                .map(LiveNetwork::id)
                .sorted()
                .findFirst();
    }
}
