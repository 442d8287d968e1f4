/**
 * One run of {@code fleetstop stop}: rate limits, journal, live commands, interrupts, exit code,
 * summary and report.
 */
@NullMarked
package io.fleetstop.cli.run;

import org.jspecify.annotations.NullMarked;
