package io.plumbline.api;

import java.util.List;

/** Whether the agent has looked at its repositories and engines. */
@Doc("Whether the agent has looked at its repositories and engines since it started.")
public record Readiness(
        @Doc("Whether it has.") boolean ready, @Doc("Why not.") List<String> reasons) {}
