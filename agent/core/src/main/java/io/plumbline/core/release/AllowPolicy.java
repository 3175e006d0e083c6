package io.plumbline.core.release;

import io.plumbline.manifest.Port;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * The operator's limits for a repository's pipelines. They are checked when a release is rendered,
 * and again before each action, also in a rollback.
 *
 * @param images patterns of references; {@code *} matches any characters
 * @param localImages whether images that are in no registry may run
 * @param capabilities capabilities that may be added, without {@code CAP_}, upper case
 * @param firstHostPort lowest host port
 * @param lastHostPort highest host port
 * @param secrets patterns of secret names
 * @param host the rules for the engine's machine
 */
public record AllowPolicy(
        List<String> images,
        boolean localImages,
        Set<String> capabilities,
        int firstHostPort,
        int lastHostPort,
        List<String> secrets,
        HostRules host) {

    /** Creates limits with the default rules for the machine. */
    public AllowPolicy(
            List<String> images,
            boolean localImages,
            Set<String> capabilities,
            int firstHostPort,
            int lastHostPort,
            List<String> secrets) {
        this(
                images,
                localImages,
                capabilities,
                firstHostPort,
                lastHostPort,
                secrets,
                HostRules.DEFAULT);
    }

    /**
     * The result of a check of a release.
     *
     * @param violations what it asks for and may not have, a clause each
     * @param exempt what only a release from before these rules may have, a clause each
     */
    public record Verdict(List<String> violations, List<String> exempt) {}

    /**
     * Checks a release.
     *
     * @param storedBefore whether a version without {@link HostRules} stored it; called only if
     *     needed
     */
    public Verdict check(Release release, BooleanSupplier storedBefore) {
        var violations = new ArrayList<>(violations(release));
        var unset = new ArrayList<String>();
        for (var service : release.services()) {
            for (var finding : host.findings(service.spec())) {
                var text = "services." + service.name() + ": " + finding.text();
                (finding.set() ? violations : unset).add(text);
            }
        }
        if (unset.isEmpty()) {
            return new Verdict(List.copyOf(violations), List.of());
        }
        if (storedBefore.getAsBoolean()) {
            return new Verdict(List.copyOf(violations), List.copyOf(unset));
        }
        violations.addAll(unset);
        return new Verdict(List.copyOf(violations), List.of());
    }

    private List<String> violations(Release release) {
        var out = new ArrayList<String>();
        for (var service : release.services()) {
            var at = "services." + service.name() + ": ";
            image(service, at, out);
            for (var cap : service.spec().fields().texts("capAdd")) {
                if (!capabilities.contains(cap)) {
                    out.add(
                            at
                                    + "capability "
                                    + cap
                                    + " is not in the repository's allow.capabilities");
                }
            }
            service.spec().ports().forEach(p -> port(p, at, out));
            for (var secret : service.spec().secrets()) {
                if (secrets.stream().noneMatch(p -> matches(p, secret.name()))) {
                    out.add(
                            at
                                    + "secret "
                                    + secret.name()
                                    + " is not in the repository's `secrets` list of plumbline.yaml");
                }
            }
        }
        return out;
    }

    private void image(ReleaseService service, String at, List<String> out) {
        if (images.stream().noneMatch(p -> matches(p, service.reference()))) {
            out.add(
                    at
                            + "image "
                            + service.reference()
                            + " is not in the repository's allow.images");
        }
        if (!localImages && service.spec().image() instanceof ImageRef.LocalId) {
            out.add(
                    at
                            + "image "
                            + service.reference()
                            + " is in no registry, and allow.localImages is false");
        }
    }

    private void port(Port port, String at, List<String> out) {
        var host = port.host();
        if (host != null && (host.first() < firstHostPort || host.last() > lastHostPort)) {
            out.add(
                    at
                            + "host port "
                            + host
                            + " is outside the repository's allow.hostPorts "
                            + firstHostPort
                            + "-"
                            + lastHostPort);
        }
    }

    /** Whether a pattern with {@code *} matches a whole text. */
    public static boolean matches(String pattern, String text) {
        int p = 0;
        int t = 0;
        int star = -1;
        int mark = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                mark = t;
            } else if (p < pattern.length() && pattern.charAt(p) == text.charAt(t)) {
                p++;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++mark;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
