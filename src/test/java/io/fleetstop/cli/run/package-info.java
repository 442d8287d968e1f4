/** The command line, run in this process against a simulator of its own. */
@NullMarked
package io.fleetstop.cli.run;

import org.jspecify.annotations.NullMarked;
