/**
 * One run of {@code fleetstop stop}: rate limits, journal, live commands, interrupts, exit code,
 * summary and report. It takes the fleet from {@code select} and writes through {@code output}.
 */
@NullMarked
package io.fleetstop.cli.run;

import org.jspecify.annotations.NullMarked;
