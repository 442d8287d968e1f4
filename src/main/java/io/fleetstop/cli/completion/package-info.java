/**
 * Completion scripts for bash, zsh and fish, generated from the commands and their options. It
 * depends on picocli's model.
 *
 * <p>Design note: the scripts are written here rather than by picocli, whose script is for bash
 * only and fixes every value when it is generated: profiles and journals differ from one directory
 * and machine to the next. What a user may have named freely never passes through the evaluation of
 * a shell.
 */
@NullMarked
package io.fleetstop.cli.completion;

import org.jspecify.annotations.NullMarked;
