/**
 * Who signed a commit, and whether that lets it be deployed: records and rules. The cryptography is
 * an adapter's. Pure.
 */
@NullMarked
package io.plumbline.core.verify;

import org.jspecify.annotations.NullMarked;
