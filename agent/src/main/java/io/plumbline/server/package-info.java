/**
 * The HTTP server: API, event stream, access, metrics. With the composition root the only package
 * that knows Vert.x.
 */
@NullMarked
package io.plumbline.server;

import org.jspecify.annotations.NullMarked;
