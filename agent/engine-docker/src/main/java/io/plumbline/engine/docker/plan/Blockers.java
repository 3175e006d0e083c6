package io.plumbline.engine.docker.plan;

import io.plumbline.core.release.ImageRef;
import io.plumbline.core.release.ReleaseService;
import io.plumbline.engine.docker.live.ContainerLayout;
import io.plumbline.engine.docker.live.Labels;
import io.plumbline.engine.docker.live.LiveImage;
import io.plumbline.engine.docker.live.LiveVolume;
import io.plumbline.manifest.PullPolicy;
import io.plumbline.manifest.VolumeMount;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The search for obstacles to a plan that only an operator can remove. */
final class Blockers {

    private final PlanInput in;
    private final ContainerMatch match;

    Blockers(PlanInput in, ContainerMatch match) {
        this.in = in;
        this.match = match;
    }

    /** Returns sentences that say what exists, whose it is, and what to do; each once. */
    List<String> find() {
        var out = new TreeSet<String>();
        for (ReleaseService s : in.release().services()) {
            if (s.replicas() > 0) {
                network(out);
                s.spec().volumes().forEach(v -> volume(out, v));
            }
            if (needsNew(match, s)) {
                image(out, s);
            }
        }
        return new ArrayList<>(out);
    }

    /** Whether a container of this service must be created. */
    static boolean needsNew(ContainerMatch match, ReleaseService s) {
        for (int r = 1; r <= s.replicas(); r++) {
            if (match.needsNew(new ContainerMatch.Place(s.name(), r))) {
                return true;
            }
        }
        return false;
    }

    private void network(Set<String> out) {
        network(out, match.networkName(), match.networkId());
        network(out, match.baseName(), match.baseId());
    }

    private void network(Set<String> out, String name, String ours) {
        if (ours.isEmpty()) {
            in.observed().networks().stream()
                    .filter(n -> n.name().equals(name))
                    .findFirst()
                    .ifPresent(n -> out.add(foreign("network", n.name(), n.labels())));
        }
    }

    private void volume(Set<String> out, VolumeMount mount) {
        String name = ContainerLayout.volumeName(in.release().pipeline(), mount.name());
        for (LiveVolume v : in.observed().volumes()) {
            if (v.name().equals(name)
                    && !ContainerMatch.isOurs(in, v.labels())
                    && !in.external().contains(name)) {
                out.add(foreign("volume", name, v.labels()));
            }
        }
    }

    private String foreign(String kind, String name, Map<String, String> labels) {
        String agent = labels.get(Labels.AGENT);
        String whose =
                agent == null
                        ? "it does not carry the label " + Labels.AGENT
                        : "it is of agent "
                                + agent
                                + ", pipeline "
                                + labels.getOrDefault(Labels.PIPELINE, "(none)");
        String advice =
                kind.equals("volume")
                        ? "remove it, or allow it by name under allow.externalVolumes"
                        : "remove it or give the pipeline another name";
        return kind
                + " "
                + name
                + " on engine "
                + in.observed().engine()
                + " is not ours: "
                + whose
                + "; "
                + advice;
    }

    private void image(Set<String> out, ReleaseService s) {
        String name = s.spec().image().engineName();
        String what = "image " + Shown.image(s.reference(), name) + " of service " + s.name();
        LiveImage image = in.observed().images().get(name);
        if (in.observed().unresponsive().images().containsKey(name)) {
            return;
        }
        if (image == null) {
            if (s.spec().image() instanceof ImageRef.LocalId) {
                if (in.release().images().copy()) {
                    return;
                }
                out.add(
                        what
                                + " is not on engine "
                                + in.observed().engine()
                                + " and no registry knows it: load it there");
            } else if (s.pull() == PullPolicy.NEVER) {
                out.add(
                        what
                                + " is not on engine "
                                + in.observed().engine()
                                + " and the manifest says pull: never: load it there");
            }
            return;
        }
        image.labels().keySet().stream()
                .filter(k -> k.startsWith(Labels.PREFIX))
                .findFirst()
                .ifPresent(
                        k ->
                                out.add(
                                        what
                                                + " carries the label "
                                                + k
                                                + ", which only the agent may set: build it"
                                                + " without"));
        in.host()
                .inImage(image.labels().keySet(), image.env().keySet())
                .ifPresent(
                        found ->
                                out.add(
                                        what
                                                + " carries the "
                                                + found
                                                + ": build it without, or ask the operator to"
                                                + " allow it"));
    }
}
