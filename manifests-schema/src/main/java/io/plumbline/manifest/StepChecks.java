package io.plumbline.manifest;

import io.plumbline.manifest.yaml.Decoder;
import io.plumbline.manifest.yaml.Words;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The checks between the steps of a pipeline, and of what services and gates take of them. */
final class StepChecks {
    private final Map<String, DecodedStep> byName = new LinkedHashMap<>();
    private final Map<String, Decoder> services = new LinkedHashMap<>();

    /** Outputs that something takes, as {@code step.output}. */
    private final Set<String> used = new HashSet<>();

    /** Steps and services that something names in {@code dependsOn}. */
    private final Set<String> awaited = new HashSet<>();

    private final List<DecodedStep> steps;

    private StepChecks(List<DecodedStep> steps, List<DecodedService> services) {
        this.steps = steps;
        steps.forEach(s -> s.workload().dependsOn().forEach(d -> awaited.add(d.value())));
        services.forEach(s -> s.dependsOn().forEach(d -> awaited.add(d.value())));
        services.forEach(s -> this.services.put(s.name(), s.at()));
    }

    /** Reports errors and warnings of the parts that could be decoded. */
    static void check(
            List<DecodedStep> steps, List<DecodedService> services, List<Placed<Gate>> gates) {
        var checks = new StepChecks(steps, services);
        checks.names();
        steps.forEach(s -> checks.inputs(s.name(), s.workload().inputs()));
        services.forEach(s -> checks.inputs("", s.inputs()));
        gates.forEach(checks::gate);
        checks.dependencies();
        checks.cycles();
        checks.unused();
    }

    private void names() {
        for (DecodedStep step : steps) {
            if (step.name().isEmpty()) {
                continue;
            }
            Decoder at = step.workload().at();
            DecodedStep first = byName.putIfAbsent(step.name(), step);
            Decoder other = first == null ? services.get(step.name()) : first.workload().at();
            if (other != null) {
                at.errorAtKey(
                        "name",
                        "the "
                                + (first == null ? "service " : "step ")
                                + Words.quoted(step.name())
                                + " is already there, in line "
                                + other.position().line());
            }
        }
    }

    private void inputs(String user, List<Placed<StepInput>> inputs) {
        for (Placed<StepInput> input : inputs) {
            StepInput i = input.value();
            found(user, i.step(), i.output(), input.at());
        }
    }

    private void gate(Placed<Gate> gate) {
        switch (gate.value()) {
            case Gate.Approval _ -> {
                if (steps.isEmpty()) {
                    gate.at().error("a pipeline without steps has no gates");
                }
            }
            case Gate.Metric m -> {
                StepOutput found = found("", m.step(), m.output(), gate.at());
                if (found != null && found.type() != ArtifactType.METRICS) {
                    gate.at()
                            .errorAtKey(
                                    "from",
                                    "the output must have type metrics, and has type "
                                            + found.type().word());
                }
            }
        }
    }

    /** Returns an output and marks it as used, or reports that there is none. */
    private @Nullable StepOutput found(String user, String step, String output, Decoder at) {
        if (step.equals(user)) {
            at.errorAtKey("from", "a step cannot take what it makes itself");
            return null;
        }
        DecodedStep maker = byName.get(step);
        if (maker == null) {
            String likely = Words.nearest(step, byName.keySet());
            used.add(likely + "." + output);
            at.errorAtKey(
                    "from",
                    services.containsKey(step)
                            ? Words.quoted(step) + " is a service, and only steps have outputs"
                            : noStep(step));
            return null;
        }
        Set<String> names = new LinkedHashSet<>();
        for (Placed<StepOutput> one : maker.outputs()) {
            names.add(one.value().name());
            if (one.value().name().equals(output)) {
                used.add(step + "." + output);
                return one.value();
            }
        }
        String nearest = Words.nearest(output, names);
        used.add(step + "." + nearest);
        at.errorAtKey(
                "from",
                "the step "
                        + Words.quoted(step)
                        + " has no output "
                        + Words.quoted(output)
                        + (nearest == null ? "" : ", did you mean '" + nearest + "'?"));
        return null;
    }

    private String noStep(String name) {
        String nearest = Words.nearest(name, byName.keySet());
        return "there is no step "
                + Words.quoted(name)
                + (nearest == null ? "" : ", did you mean '" + nearest + "'?");
    }

    private void dependencies() {
        for (DecodedStep step : steps) {
            for (Placed<String> on : step.workload().dependsOn()) {
                String name = on.value();
                if (name.equals(step.name())) {
                    on.at().error("a step cannot depend on itself");
                } else if (services.containsKey(name)) {
                    on.at()
                            .error(
                                    "a step cannot wait for a service of its own pipeline: steps run"
                                            + " before the services of a commit are deployed; put"
                                            + " what it needs into a pipeline of its own");
                } else if (!byName.containsKey(name)) {
                    on.at().error(noStep(name));
                }
            }
        }
    }

    private void cycles() {
        Map<String, Set<String>> all = new LinkedHashMap<>();
        for (DecodedStep step : byName.values()) {
            Set<String> on = new LinkedHashSet<>();
            step.workload().dependsOn().forEach(d -> on.add(d.value()));
            step.workload().inputs().forEach(i -> on.add(i.value().step()));
            on.remove(step.name());
            on.retainAll(byName.keySet());
            all.put(step.name(), on);
        }
        for (List<String> loop : Cycles.of(all)) {
            DecodedStep first = byName.get(loop.getFirst());
            if (first != null) {
                first.workload()
                        .at()
                        .errorAtKey("name", "the steps wait for each other: " + Cycles.text(loop));
            }
        }
    }

    /**
     * Reports outputs that nothing takes. In a pipeline with services, it is an error if the step
     * is there for nothing: it has no output that something takes, and nothing waits for it.
     * Metrics and parameters may be for people, and so may all outputs of a pipeline without
     * services.
     */
    private void unused() {
        for (DecodedStep step : steps) {
            boolean idle =
                    !services.isEmpty()
                            && !awaited.contains(step.name())
                            && step.outputs().stream().noneMatch(o -> isUsed(step, o));
            for (Placed<StepOutput> output : step.outputs()) {
                if (isUsed(step, output)) {
                    continue;
                }
                String message = "nothing takes the output " + Words.quoted(output.value().name());
                if (idle && !isForPeople(output.value().type())) {
                    output.at()
                            .error(
                                    message
                                            + ", and nothing waits for the step: take it as an"
                                            + " input, name the step under 'dependsOn', or leave it"
                                            + " out");
                } else {
                    output.at().warning(message);
                }
            }
        }
    }

    private boolean isUsed(DecodedStep step, Placed<StepOutput> output) {
        return used.contains(step.name() + "." + output.value().name());
    }

    private static boolean isForPeople(ArtifactType type) {
        return switch (type) {
            case METRICS, PARAMETER -> true;
            case FILE, DIRECTORY, MODEL -> false;
        };
    }
}
