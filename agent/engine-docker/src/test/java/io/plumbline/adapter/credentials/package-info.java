/** Tests of the credentials adapter. */
@NullMarked
package io.plumbline.adapter.credentials;

import org.jspecify.annotations.NullMarked;
