/**
 * Connections by ssh to engines' hosts, and the query for ssh servers' keys, through Apache MINA
 * sshd. It does not use Git: {@code adapter.git} has its own ssh.
 */
@NullMarked
package io.plumbline.adapter.ssh;

import org.jspecify.annotations.NullMarked;
