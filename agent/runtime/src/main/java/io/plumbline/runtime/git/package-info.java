/** One watcher for each repository: fetch, signatures, limits, manifests of a head. */
@NullMarked
package io.plumbline.runtime.git;

import org.jspecify.annotations.NullMarked;
