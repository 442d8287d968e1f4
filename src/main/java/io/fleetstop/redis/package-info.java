/**
 * One quota and one run for several processes, on Redis through Lettuce, an optional dependency
 * that no other package uses. {@link io.fleetstop.redis.RedisOptions} names the server, and {@link
 * io.fleetstop.redis.RedisConnection} connects to it and checks that it is fit.
 *
 * <p>Design note: every command ends within a second and is rejected while disconnected, so that
 * nothing waits for a server that is gone. A command that was sent when the connection broke is
 * never repeated by the driver: each script is repeated by its caller, which knows whether it may
 * be.
 */
@NullMarked
package io.fleetstop.redis;

import org.jspecify.annotations.NullMarked;
