package io.plumbline.server;

import io.plumbline.core.access.Grant;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An OpenID provider whose bearer tokens are taken.
 *
 * @param issuer as its tokens name it
 * @param audience of which a token names one
 * @param jwks where its keys are; null to ask its discovery document
 * @param ca who signs its certificate, PEM; null for those of the Java runtime
 * @param name the claim that names people in records
 * @param roles what claims lead to
 */
public record OidcSettings(
        String issuer,
        List<String> audience,
        @Nullable String jwks,
        @Nullable Path ca,
        String name,
        List<ClaimGrant> roles) {

    /**
     * What a value in a claim gives.
     *
     * @param claim a claim, or a path into one with dots
     * @param value that it has, or that is in its list
     * @param grant what that gives
     */
    public record ClaimGrant(String claim, String value, Grant grant) {}
}
