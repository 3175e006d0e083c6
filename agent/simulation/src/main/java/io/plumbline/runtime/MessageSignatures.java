package io.plumbline.runtime;

import io.plumbline.core.verify.SignatureVerdict;
import io.plumbline.core.verify.SignedCommit;
import io.plumbline.core.verify.Verified;
import io.plumbline.core.verify.VerifyPolicy;
import io.plumbline.port.CommitVerifier;
import io.plumbline.runtime.git.SignatureRule;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/** Takes {@code signed by KEY} in a commit's message for a signature: for tests of who asks. */
public final class MessageSignatures implements CommitVerifier {
    private static final Pattern SIGNED = Pattern.compile("signed by (\\w+)");

    public final Set<String> keys = new HashSet<>(Set.of("anna", "bob"));
    public int checks;

    public SignatureRule asking(VerifyPolicy.Mode mode, String... revoked) {
        return new SignatureRule("main", new VerifyPolicy(mode, Set.of(revoked)), this);
    }

    @Override
    public synchronized SignatureVerdict verify(SignedCommit commit, Instant now) {
        checks++;
        var found = SIGNED.matcher(new String(commit.payload(), StandardCharsets.UTF_8));
        if (!found.find()) {
            return new SignatureVerdict.Unsigned();
        }
        var key = found.group(1);
        return keys.contains(key)
                ? new SignatureVerdict.Good(key, key, key, Verified.Method.SSH)
                : new SignatureVerdict.UnknownKey("key " + key);
    }
}
