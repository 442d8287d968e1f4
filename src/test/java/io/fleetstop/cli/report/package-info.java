/** The report of a run: what it keeps, what it writes, and what a browser makes of it. */
@NullMarked
package io.fleetstop.cli.report;

import org.jspecify.annotations.NullMarked;
