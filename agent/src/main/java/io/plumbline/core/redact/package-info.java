/** Takes secret values out of text, whole or streamed. Pure. */
@NullMarked
package io.plumbline.core.redact;

import org.jspecify.annotations.NullMarked;
