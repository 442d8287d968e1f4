/**
 * The output of a run: outcomes on stdout, progress and messages on stderr. {@link
 * io.fleetstop.cli.output.Terminal} stands for the process, so that tests can replace it.
 */
@NullMarked
package io.fleetstop.cli.output;

import org.jspecify.annotations.NullMarked;
