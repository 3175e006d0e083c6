/**
 * Asks ssh servers for their keys, through Apache MINA sshd. Knows no Git: what fetches over ssh is
 * {@code adapter.git}.
 */
@NullMarked
package io.plumbline.adapter.ssh;

import org.jspecify.annotations.NullMarked;
