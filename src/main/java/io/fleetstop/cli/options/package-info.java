/**
 * What can be given on a command line: options, the values they take, and how a command is refused.
 * Knows the types of the library that options stand for, and no other package of the command line.
 */
@NullMarked
package io.fleetstop.cli.options;

import org.jspecify.annotations.NullMarked;
