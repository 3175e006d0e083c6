package io.plumbline.core.placement;

import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Selector;
import io.plumbline.manifest.Strategy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The repository's engines that a manifest chooses.
 *
 * @param engines the chosen ones, in the configuration's order, or the manifest's if it matters
 * @param others why the others are not chosen, by name, in the configuration's order
 * @param unknown names in the manifest that are no engine of the repository
 */
record Chosen(List<EngineFacts> engines, Map<String, String> others, List<String> unknown) {

    static Chosen of(Placement placement, List<EngineFacts> all) {
        List<EngineFacts> engines = new ArrayList<>();
        Map<String, String> others = new LinkedHashMap<>();
        for (EngineFacts engine : all) {
            String objection = objection(placement, engine);
            if (objection.isEmpty()) {
                engines.add(engine);
            } else {
                others.put(engine.name(), objection);
            }
        }
        List<String> names = placement.engines();
        if (names == null) {
            return new Chosen(engines, others, List.of());
        }
        if (placement.strategy() == Strategy.FAILOVER) {
            engines.sort(Comparator.comparingInt(e -> names.indexOf(e.name())));
        }
        List<String> unknown =
                names.stream()
                        .filter(n -> all.stream().noneMatch(e -> e.name().equals(n)))
                        .toList();
        return new Chosen(engines, others, unknown);
    }

    /** Returns why an engine is not chosen; empty if it is. */
    private static String objection(Placement placement, EngineFacts engine) {
        if (placement.engines() != null && !placement.engines().contains(engine.name())) {
            return "placement.engines does not name it";
        }
        Selector selector = placement.selector();
        List<Selector.Term> unmet = selector == null ? List.of() : selector.unmet(engine.labels());
        return unmet.isEmpty()
                ? ""
                : "its labels do not meet "
                        + String.join(", ", unmet.stream().map(Selector.Term::toString).toList());
    }
}
