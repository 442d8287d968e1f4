/**
 * The command line: {@link io.fleetstop.cli.Main} stops fleets from a terminal, lists instances,
 * serves the simulator, and lists the error catalogue. Nothing depends on it; it depends on the
 * client, the fleet and the simulator, and is the only package that uses picocli, the progress bar
 * and standard streams, blocks, or ends the process.
 *
 * <p>Design note: the fleet is selected before the first stop call. {@link
 * io.fleetstop.cli.select.FleetSelector} lists or describes its instances, skips the protected
 * ones, checks {@code --max-instances} and asks for confirmation. Tags that change later have no
 * effect.
 *
 * <p>The main thread consumes the outcomes one after another, so that a slow reader of stdout slows
 * the calls instead of filling the memory. An interrupt drains the run: queued calls are not sent,
 * requests on the wire complete, and every started instance still gets its outcome. All access to
 * the process goes through {@link io.fleetstop.cli.output.Terminal}. The progress bar writes
 * through a consumer of this package, because the library's own one installs a handler for the
 * interrupt signal.
 */
@NullMarked
package io.fleetstop.cli;

import org.jspecify.annotations.NullMarked;
