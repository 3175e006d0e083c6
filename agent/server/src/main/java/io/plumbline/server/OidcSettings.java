package io.plumbline.server;

import io.plumbline.core.access.Grant;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An OpenID provider whose bearer tokens are accepted.
 *
 * @param issuer as its tokens name it
 * @param audience accepted audiences; a token must name at least one
 * @param jwks URL of its keys; null to use its discovery document
 * @param ca PEM file of the authorities that sign its certificate; null for those of the Java
 *     runtime
 * @param name the claim with the name of the user, for records
 * @param roles the grants that claims map to
 */
public record OidcSettings(
        String issuer,
        List<String> audience,
        @Nullable String jwks,
        @Nullable Path ca,
        String name,
        List<ClaimGrant> roles) {

    /**
     * A grant for a value of a claim.
     *
     * @param claim a claim, or a path to a nested one with dots
     * @param value the claim's value, or an element of its list
     * @param grant the grant
     */
    public record ClaimGrant(String claim, String value, Grant grant) {}
}
