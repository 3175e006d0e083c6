/**
 * The interfaces of the core and the loops to other systems, small and named by role. Imports core
 * and api only.
 */
@NullMarked
package io.plumbline.port;

import org.jspecify.annotations.NullMarked;
