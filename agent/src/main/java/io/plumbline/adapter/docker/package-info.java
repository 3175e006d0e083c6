/** Docker engines through docker-java. The only package that knows it. */
@NullMarked
package io.plumbline.adapter.docker;

import org.jspecify.annotations.NullMarked;
