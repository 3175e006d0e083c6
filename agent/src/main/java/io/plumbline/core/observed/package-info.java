/** What an engine reports, in records of our own. Pure data; never what we remember. */
@NullMarked
package io.plumbline.core.observed;

import org.jspecify.annotations.NullMarked;
