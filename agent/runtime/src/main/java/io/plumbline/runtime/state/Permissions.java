package io.plumbline.runtime.state;

import io.plumbline.core.release.AllowPolicy;
import io.plumbline.core.release.HostRules;
import io.plumbline.core.release.Release;
import io.plumbline.port.Ledger;
import java.util.Optional;
import java.util.Set;

/**
 * The operator's limits for the pipelines of one repository. Releases that were stored by a version
 * without {@link HostRules} are exempt from the rules that are not set.
 *
 * @param allow what their releases may do
 * @param externalVolumes existing volumes that they may mount
 * @param ledger knows which releases are exempt
 */
public record Permissions(AllowPolicy allow, Set<String> externalVolumes, Ledger ledger) {

    public AllowPolicy.Verdict check(Release release) {
        return allow.check(release, () -> exempt(release));
    }

    /** Returns why a release may not be deployed, empty if it may. */
    public Optional<String> refusal(Release release) {
        var violations = check(release).violations();
        return violations.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", violations));
    }

    /** Returns the rules for what images bring into this release's containers. */
    public HostRules ofImages(Release release) {
        return exempt(release) ? allow.host().exempting() : allow.host();
    }

    private boolean exempt(Release release) {
        return ledger.storedBeforeHostRules(release.id());
    }
}
