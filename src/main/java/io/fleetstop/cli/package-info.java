/**
 * The command line: {@link io.fleetstop.cli.Main} stops fleets from a terminal, lists instances,
 * serves the simulator, and lists the error catalogue. Nothing depends on it; it depends on the
 * client, the fleet and the simulator, and is the only place with picocli, the progress bar,
 * standard streams, blocking and an end of the process.
 *
 * <p>Design note: the fleet is known before the first stop call. {@link
 * io.fleetstop.cli.select.FleetSelector} finds or looks at its instances with describe calls alone,
 * leaves out what is protected, holds it to its bound and asks; tags that change later are not
 * seen.
 *
 * <p>Outcomes are taken by the main thread, one after another, so that a slow reader of stdout
 * slows the calls instead of filling the memory. An interrupt closes a gate in front of the rate
 * limiters: calls that wait fail there as never sent, those on the wire end by themselves, and
 * every started instance still gets its outcome. All access to the process goes through {@link
 * io.fleetstop.cli.output.Terminal}. The progress bar writes through a consumer of our own, because
 * the one it comes with takes the interrupt signal away from us.
 */
@NullMarked
package io.fleetstop.cli;

import org.jspecify.annotations.NullMarked;
