package io.plumbline.runtime.state;

import io.plumbline.core.FailureKind;
import io.plumbline.core.release.Release;
import io.plumbline.core.release.WorkloadSpec;
import io.plumbline.manifest.DriftMode;
import io.plumbline.manifest.Images;
import io.plumbline.manifest.Placement;
import io.plumbline.manifest.Rollout;
import io.plumbline.port.Ledger;
import io.plumbline.port.PlumblineException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The stored releases of a pipeline. */
public final class StoredReleases {
    /** The id of the empty release. */
    public static final String NOTHING = "v1:nothing";

    private final Ledger ledger;
    private final String pipeline;

    public StoredReleases(Ledger ledger, String pipeline) {
        this.ledger = ledger;
        this.pipeline = pipeline;
    }

    /** Returns a stored release. */
    public Release get(String id) {
        return ledger.release(pipeline, id)
                .orElseThrow(
                        () ->
                                new PlumblineException(
                                        FailureKind.FAULT,
                                        "release " + id + " of " + pipeline + " is not stored"));
    }

    public @Nullable Release find(@Nullable String id) {
        return id == null ? null : ledger.release(pipeline, id).orElse(null);
    }

    public List<Release> all(Collection<String> ids) {
        return ids.stream().flatMap(id -> ledger.release(pipeline, id).stream()).toList();
    }

    /** Returns the commit that last rendered a release, empty if it is not known. */
    public String commitOf(String id) {
        return ledger.commitOf(pipeline, id).orElse("");
    }

    /** Returns a release without services. */
    public Release nothing() {
        return new Release(
                NOTHING,
                pipeline,
                new TreeMap<>(),
                DriftMode.ENFORCE,
                Rollout.DEFAULT,
                List.of(),
                Placement.DEFAULT,
                Images.DEFAULT);
    }

    /** Returns the specs of these releases by their hash. */
    public static Map<String, WorkloadSpec> specs(Collection<Release> releases) {
        var out = new HashMap<String, WorkloadSpec>();
        releases.forEach(r -> r.services().forEach(s -> out.put(s.specHash(), s.spec())));
        return out;
    }
}
