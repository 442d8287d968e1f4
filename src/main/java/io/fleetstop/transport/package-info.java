/**
 * The wire: {@link io.fleetstop.transport.HttpExchange}, one request for one whole reply, and its
 * implementation on Reactor Netty, {@link io.fleetstop.transport.NettyTransport}. It depends on
 * {@code io.fleetstop.error} alone, and is the only place of the client that knows Netty.
 *
 * <p>Design note: a transport tells apart what failed before the request could have left from what
 * failed after. Everything that decides whether a call may be repeated rests on that. An alert of a
 * TLS 1.3 server that refuses the client's certificate counts as after: by then the request has
 * left, and nothing on this side proves that nobody read it.
 *
 * <p>Design note: Reactor Netty's client does not carry a cancellation to its pool, and can close a
 * connection for an exchange that is over. {@code Passage} and {@code CancellablePool} mend both;
 * they go when it does.
 */
@NullMarked
package io.fleetstop.transport;

import org.jspecify.annotations.NullMarked;
