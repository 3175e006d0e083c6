/**
 * The signer of a commit, and whether the commit may be deployed: records and rules. An adapter
 * does the cryptography. Pure.
 */
@NullMarked
package io.plumbline.core.verify;

import org.jspecify.annotations.NullMarked;
