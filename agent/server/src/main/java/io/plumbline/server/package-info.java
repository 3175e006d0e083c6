/**
 * The HTTP server: API, event stream, access, webhooks and metrics. Only this package uses Vert.x.
 */
@NullMarked
package io.plumbline.server;

import org.jspecify.annotations.NullMarked;
