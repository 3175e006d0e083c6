package io.plumbline.runtime.rollout;

import io.plumbline.core.release.HostRules;
import io.plumbline.core.release.Release;
import io.plumbline.core.rollout.EventType;
import io.plumbline.core.rollout.PipelineState;
import io.plumbline.port.driver.EngineDriver;
import io.plumbline.port.driver.SliceOwner;
import io.plumbline.runtime.journal.Journal;
import io.plumbline.runtime.placement.PlacementView;
import io.plumbline.runtime.state.Permissions;
import java.util.List;
import java.util.Set;

/** What the drivers of a pipeline's engines learn of it, and where they tell what they do. */
record WorkOwner(
        Journal journal,
        String repository,
        Permissions permissions,
        PlacementView sites,
        Runnable wake)
        implements SliceOwner {

    @Override
    public String pipeline() {
        return journal.state().pipeline();
    }

    @Override
    public PipelineState state() {
        return journal.state();
    }

    @Override
    public long writes() {
        return journal.writes();
    }

    @Override
    public void tell(
            String engine,
            EventType type,
            String service,
            String field,
            String from,
            String to,
            String reason) {
        journal.tell(engine, type, service, field, from, to, reason);
    }

    @Override
    public Set<String> externalVolumes() {
        return permissions.externalVolumes();
    }

    @Override
    public HostRules ofImages(Release release) {
        return permissions.ofImages(release);
    }

    @Override
    public List<EngineDriver> siblings() {
        return sites.allowed();
    }

    @Override
    public void reported() {
        wake.run();
    }
}
