/**
 * Checks the signatures of commits against the key files of the configuration: OpenPGP with Bouncy
 * Castle, SSH with Apache MINA's keys. Knows no Git: it is given the bytes. May not import another
 * adapter.
 */
@NullMarked
package io.plumbline.adapter.signatures;

import org.jspecify.annotations.NullMarked;
