/** Values of secrets: which containers have which value, and redaction. */
@NullMarked
package io.plumbline.runtime.secrets;

import org.jspecify.annotations.NullMarked;
