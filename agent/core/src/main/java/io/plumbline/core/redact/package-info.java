/** The removal of secret values from text, whole or streamed. Pure. */
@NullMarked
package io.plumbline.core.redact;

import org.jspecify.annotations.NullMarked;
