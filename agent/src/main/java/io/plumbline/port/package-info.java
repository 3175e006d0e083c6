/**
 * What the core and the loops need from the world, as small interfaces named by role. Imports core
 * and api only.
 */
@NullMarked
package io.plumbline.port;

import org.jspecify.annotations.NullMarked;
