/** Steps: what runs to its end before a release exists, and what an equal step made earlier. */
@NullMarked
package io.plumbline.core.step;

import org.jspecify.annotations.NullMarked;
