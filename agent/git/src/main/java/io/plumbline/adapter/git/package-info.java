/** Git through JGit. The only package that knows it. */
@NullMarked
package io.plumbline.adapter.git;

import org.jspecify.annotations.NullMarked;
