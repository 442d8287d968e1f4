/**
 * The report of a run: one HTML page with all that became of it, which needs no network and runs
 * nothing but its own script. {@link io.fleetstop.cli.report.HtmlReportWriter} takes the outcomes
 * and writes the page, {@link io.fleetstop.cli.report.CallTimeline} hears how the calls went. It
 * knows the errors and the listener of calls, and neither fleets nor the command line that feeds
 * it.
 *
 * <p>Design note: outcomes go into the page as they come, so that a report takes no memory for an
 * instance; what the whole run came to is known at its end and stands behind them. Style and script
 * are constant, which is why a content security policy can name them by their hashes at the top of
 * a page whose end is not written yet. All text that others chose is data in JSON, and the script
 * shows it as text only.
 */
@NullMarked
package io.fleetstop.cli.report;

import org.jspecify.annotations.NullMarked;
