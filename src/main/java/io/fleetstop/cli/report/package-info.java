/**
 * The report of a run: one HTML page with every outcome, which needs no network and runs only its
 * own script. {@link io.fleetstop.cli.report.HtmlReportWriter} writes the page, {@link
 * io.fleetstop.cli.report.CallTimeline} counts the calls over time. The package depends on errors
 * and the call listener, not on fleets or on the rest of the command line.
 *
 * <p>Design note: outcomes are written to the page as they arrive, so that a report takes no memory
 * per instance; the result of the run follows them. Style and script are constant, so that the
 * content security policy at the top of the page can contain their hashes before the rest is
 * written. All foreign text is data in JSON, which the script shows as text only.
 */
@NullMarked
package io.fleetstop.cli.report;

import org.jspecify.annotations.NullMarked;
