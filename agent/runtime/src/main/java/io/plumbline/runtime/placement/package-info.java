/** What each engine can take, and which ports and volumes are claimed there. */
@NullMarked
package io.plumbline.runtime.placement;

import org.jspecify.annotations.NullMarked;
