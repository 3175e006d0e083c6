package io.plumbline.runtime.git;

import io.plumbline.core.verify.VerifyPolicy;
import io.plumbline.port.CommitVerifier;

/**
 * The rule which commits of a repository must be signed.
 *
 * @param branch as configured; the ledger records the newest verified head for it
 * @param policy head or range, and the revoked keys
 * @param verifier with the key files
 */
public record SignatureRule(String branch, VerifyPolicy policy, CommitVerifier verifier) {}
