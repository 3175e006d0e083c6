/** Who may do what: roles over patterns of pipelines, and the tokens that carry them. Pure. */
@NullMarked
package io.plumbline.core.access;

import org.jspecify.annotations.NullMarked;
