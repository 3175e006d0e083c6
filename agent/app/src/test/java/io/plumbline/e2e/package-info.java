/** End-to-end tests on real parts, and what starts and stops these parts. No fakes here. */
@NullMarked
package io.plumbline.e2e;

import org.jspecify.annotations.NullMarked;
