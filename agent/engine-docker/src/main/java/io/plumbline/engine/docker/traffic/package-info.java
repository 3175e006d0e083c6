/**
 * Who receives the requests to a service. Pure; the only package that knows how names lead to
 * containers.
 */
@NullMarked
package io.plumbline.engine.docker.traffic;

import org.jspecify.annotations.NullMarked;
