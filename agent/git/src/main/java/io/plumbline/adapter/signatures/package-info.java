/**
 * The verification of commits' signatures with the configured key files: OpenPGP with Bouncy
 * Castle, SSH with Apache MINA's keys. It gets the bytes and does not use Git. It must not import
 * another adapter.
 */
@NullMarked
package io.plumbline.adapter.signatures;

import org.jspecify.annotations.NullMarked;
