/**
 * Arguments of the command line: options, their value converters, and command failures. Uses the
 * library types of the options, and no other package of the command line.
 */
@NullMarked
package io.fleetstop.cli.options;

import org.jspecify.annotations.NullMarked;
