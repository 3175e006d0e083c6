/**
 * Asks other programs for credentials: Docker's credential helpers. The only place that starts
 * programs; it starts what the agent's configuration names by its whole path, without a shell.
 */
@NullMarked
package io.plumbline.adapter.credentials;

import org.jspecify.annotations.NullMarked;
