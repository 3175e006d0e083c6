/** Tests of the ssh adapter. */
@NullMarked
package io.plumbline.adapter.ssh;

import org.jspecify.annotations.NullMarked;
