/** Tests of the Docker adapter; those named IT need a real engine. */
@NullMarked
package io.plumbline.adapter.docker;

import org.jspecify.annotations.NullMarked;
