/** Hand-written fakes, worlds and contract suites for the tests. No mocking library. */
@NullMarked
package io.plumbline.testkit;

import org.jspecify.annotations.NullMarked;
