package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Fields;
import io.plumbline.manifest.yaml.Words;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The decoder of a document of kind Pipeline. */
final class PipelineDecoder {

    private static final int MOST_KEPT = 100;
    private static final int MOST_STEPS = 500;

    private static final Map<String, DriftMode> DRIFT = ContainerDecoder.words(DriftMode.values());

    private static final Map<String, OnFailure> ON_FAILURE =
            ContainerDecoder.words(OnFailure.values());

    private PipelineDecoder() {}

    /** Returns null, or an incomplete pipeline, if an error was reported. */
    static @Nullable Pipeline decode(Fields document) {
        Metadata metadata = document.require("metadata", PipelineDecoder::metadata);
        Decoder at = document.get("spec");
        Fields spec = document.require("spec", d -> d.fields(ManifestKeys.SPEC));
        if (spec == null || at == null) {
            return null;
        }
        Placement placement =
                spec.read("placement", PlacementDecoder::placement, Placement.DEFAULT);
        ServiceDefaults defaults =
                spec.read("defaults", ServiceDefaults::read, ServiceDefaults.NONE);
        DriftMode drift = spec.read("drift", d -> d.choice(DRIFT), DriftMode.ENFORCE);
        List<String> after =
                spec.read(
                        "after",
                        d -> predecessors(d, metadata == null ? "" : metadata.name()),
                        List.of());
        List<Placed<Param>> params = spec.read("params", ParamDecoder::params, List.of());
        List<DecodedStep> steps = spec.read("steps", PipelineDecoder::steps, List.of());
        List<Placed<Gate>> gates = spec.read("gates", d -> d.list(StepDecoder::gate), List.of());
        List<DecodedService> services =
                spec.has("steps") && !spec.has("services")
                        ? List.of()
                        : spec.require(
                                "services",
                                d -> services(d, defaults, placement, spec.has("steps")));
        Rollout rollout = spec.read("rollout", PipelineDecoder::rollout, Rollout.DEFAULT);
        Images images = spec.read("images", PlacementDecoder::images, Images.DEFAULT);
        PlacementDecoder.check(spec, placement, rollout);
        if (services == null || metadata == null) {
            return null;
        }
        PipelineChecks.check(
                services, steps.stream().map(DecodedStep::name).collect(Collectors.toSet()));
        StepChecks.check(steps, services, gates);
        PlaceholderChecks.check(at, params, steps, services);
        TimeChecks.check(services, rollout, spec.get("rollout"));
        return new Pipeline(
                metadata,
                placement,
                drift,
                services.stream().map(DecodedService::service).toList(),
                rollout,
                document.position(),
                images,
                steps.stream().map(DecodedStep::step).toList(),
                gates.stream().map(Placed::value).toList(),
                params.stream().map(Placed::value).toList(),
                after);
    }

    private static @Nullable Metadata metadata(Decoder at) {
        Fields f = at.fields(ManifestKeys.METADATA);
        if (f == null) {
            return null;
        }
        String name = f.require("name", Forms::name);
        SortedMap<String, String> labels =
                f.read("labels", Forms::labels, Collections.<String, String>emptySortedMap());
        List<String> was = f.read("was", PipelineDecoder::earlierNames, List.of());
        if (name != null && was.contains(name)) {
            f.error("was", "names the pipeline itself; name what it was called before");
        }
        return name == null ? null : new Metadata(name, labels, was);
    }

    /** Decodes one name, or several with the newest first. */
    private static @Nullable List<String> earlierNames(Decoder at) {
        if (!at.isList()) {
            String one = Forms.name(at);
            return one == null ? null : List.of(one);
        }
        if (at.isEmptyList()) {
            at.error("must have at least one name");
        }
        return Forms.distinct(at, Forms::name);
    }

    private static @Nullable List<DecodedService> services(
            Decoder at, ServiceDefaults defaults, Placement placement, boolean mayBeEmpty) {
        List<DecodedService> services = at.list(d -> ServiceDecoder.decode(d, defaults, placement));
        if (at.isEmptyList() && !mayBeEmpty) {
            at.error("must have at least one service");
        }
        return services;
    }

    private static @Nullable Rollout rollout(Decoder at) {
        Fields f = at.fields(ManifestKeys.ROLLOUT);
        if (f == null) {
            return null;
        }
        Rollout d = Rollout.DEFAULT;
        return new Rollout(
                f.read("soak", ContainerDecoder::time, d.soak()),
                f.read("progressDeadline", PipelineDecoder::deadline, d.progressDeadline()),
                f.read("pullDeadline", PipelineDecoder::deadline, d.pullDeadline()),
                f.read("pruneGrace", ContainerDecoder::time, d.pruneGrace()),
                f.read("onFailure", w -> w.choice(ON_FAILURE), d.onFailure()),
                f.read("keep", n -> n.integer(0, MOST_KEPT), d.keep()),
                f.read("irreversible", Decoder::bool, d.irreversible()),
                f.read("engines", PlacementDecoder::order),
                f.read("atomic", Decoder::bool, d.atomic()));
    }

    private static @Nullable Duration deadline(Decoder at) {
        return at.duration(Duration.ofSeconds(1), Duration.ofDays(365));
    }

    /** Decodes the names of the pipelines that come first. */
    private static @Nullable List<String> predecessors(Decoder at, String own) {
        List<Decoder> items = at.items();
        if (items == null) {
            return null;
        }
        Set<String> names = new LinkedHashSet<>();
        for (Decoder item : items) {
            Fields f = item.fields(ManifestKeys.PREDECESSOR);
            String name = f == null ? null : f.require("pipeline", Forms::name);
            if (f == null || name == null) {
                continue;
            }
            f.read("state", d -> d.choice(Map.of("Synced", true)));
            if (name.equals(own)) {
                f.error("pipeline", "a pipeline cannot wait for itself");
            } else if (!names.add(name)) {
                f.error("pipeline", Words.quoted(name) + " is listed twice");
            }
        }
        return List.copyOf(names);
    }

    private static @Nullable List<DecodedStep> steps(Decoder at) {
        List<DecodedStep> steps = at.list(ServiceDecoder::step);
        if (at.isEmptyList()) {
            at.error("must have at least one step");
        }
        if (steps != null && steps.size() > MOST_STEPS) {
            at.error("must have at most " + MOST_STEPS + " steps");
        }
        return steps;
    }
}
