/**
 * The selection of instances: target, ids, files of ids, filters, exclusions, and the question
 * before a fleet is stopped. Sends {@code DescribeInstances} only.
 */
@NullMarked
package io.fleetstop.cli.select;

import org.jspecify.annotations.NullMarked;
