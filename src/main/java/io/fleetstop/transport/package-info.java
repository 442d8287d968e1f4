/**
 * The wire: {@link io.fleetstop.transport.HttpExchange}, one request for one whole reply, and its
 * implementation on Reactor Netty, {@link io.fleetstop.transport.NettyTransport}. It depends on
 * {@code io.fleetstop.error} alone, and is the only place of the client that knows Netty.
 *
 * <p>Design note: a transport tells apart what failed before the request could have left from what
 * failed after. Everything that decides whether a call may be repeated rests on that.
 */
@NullMarked
package io.fleetstop.transport;

import org.jspecify.annotations.NullMarked;
