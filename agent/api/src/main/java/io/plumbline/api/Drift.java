package io.plumbline.api;

/** A field in which a live container differs from its release. */
@Doc("A field in which a live container differs from its release.")
public record Drift(
        @Doc("Name of the engine.") String engine,
        @Doc("Name of the service.") String service,
        @Doc("Number of the replica, from 1.") int replica,
        @Doc("Name of the container.") String container,
        @Doc("The field as the manifest names it.") String field,
        @Doc("What the release says. Empty if unset.") String want,
        @Doc("What the container has. Empty if unset.") String live) {}
