package io.plumbline;

import io.plumbline.adapter.signatures.KeyFileVerifier;
import io.plumbline.config.AgentConfig;
import io.plumbline.core.verify.VerifyPolicy;
import io.plumbline.runtime.git.SignatureRule;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The assembly of the verification of signed commits. */
final class VerifyWiring {
    private VerifyWiring() {}

    /** Returns a repository's rules for signatures; null if it has none. */
    static @Nullable SignatureRule signatures(AgentConfig.Repository repository) {
        var verify = repository.verify();
        if (verify == null) {
            return null;
        }
        var policy =
                new VerifyPolicy(
                        verify.range() ? VerifyPolicy.Mode.RANGE : VerifyPolicy.Mode.HEAD,
                        verify.revoked().stream()
                                .map(VerifyPolicy::canonical)
                                .collect(Collectors.toUnmodifiableSet()));
        return new SignatureRule(
                repository.branch(),
                policy,
                new KeyFileVerifier(verify.keyrings(), verify.signers(), policy));
    }
}
