/** A pipeline's records in the ledger, its log lines and the status that is shown. */
@NullMarked
package io.plumbline.runtime.journal;

import org.jspecify.annotations.NullMarked;
