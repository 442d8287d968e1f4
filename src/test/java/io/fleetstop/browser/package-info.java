/** A real browser, for the tests of pages. */
@NullMarked
package io.fleetstop.browser;

import org.jspecify.annotations.NullMarked;
