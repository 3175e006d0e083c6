package io.plumbline.runtime.render;

import io.plumbline.api.Run;
import io.plumbline.core.rollout.Head;
import io.plumbline.port.Ledger;
import io.plumbline.runtime.run.Artifacts;
import java.util.List;

/** The release of a head whose steps ran before. */
public final class RecordedHead {
    private static final int LOOKS_BACK = 200;

    private RecordedHead() {}

    /**
     * Returns the release of a head that is preparing, if its steps ran before and what they made
     * is stored; else what was rendered. Nothing runs.
     */
    public static Head of(Renderer.Rendered rendered, Ledger ledger, String pipeline) {
        var draft = rendered.draft();
        if (draft == null) {
            return rendered.head();
        }
        if (!draft.takesData()) {
            return draft.complete(_ -> List.of()).head();
        }
        var artifacts = new Artifacts(ledger.artifacts());
        return ledger.runs().newest(pipeline, LOOKS_BACK).stream()
                .filter(r -> r.set().equals(draft.steps().id()) && r.is(Run.SUCCEEDED))
                .findFirst()
                .map(r -> draft.complete(i -> artifacts.files(r, i)).head())
                .orElse(rendered.head());
    }
}
