/** From a manifest of a head to a release: images, files, and why a head is refused. */
@NullMarked
package io.plumbline.runtime.render;

import org.jspecify.annotations.NullMarked;
