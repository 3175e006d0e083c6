/** Secret values from files and the environment. */
@NullMarked
package io.plumbline.adapter.secrets;

import org.jspecify.annotations.NullMarked;
