/**
 * The clients of other programs for credentials: Docker's credential helpers. Only this package
 * starts programs. It starts the program that the agent's configuration names by its absolute path,
 * without a shell.
 */
@NullMarked
package io.plumbline.adapter.credentials;

import org.jspecify.annotations.NullMarked;
