/** What parts of the agent know in common: events, releases, commits, the state of the ledger. */
@NullMarked
package io.plumbline.runtime.state;

import org.jspecify.annotations.NullMarked;
