/**
 * HTTP transport: {@link io.fleetstop.transport.HttpExchange}, one request for one complete reply,
 * and its implementation on Reactor Netty, {@link io.fleetstop.transport.NettyTransport}. It
 * depends only on {@code io.fleetstop.error}, and is the only package of the client that uses
 * Netty.
 *
 * <p>Design note: a transport distinguishes failures before the request could have been sent from
 * failures after. Every decision whether a call may be retried depends on that. The alert of a TLS
 * 1.3 server that rejects the client's certificate counts as after: the request has been sent by
 * then, and the client cannot prove that the server did not read it.
 *
 * <p>Design note: Reactor Netty's client does not propagate a cancellation to its pool, and can
 * close a connection after its exchange has ended. {@code ExchangeSubscriber} and {@code
 * CancellablePool} work around both, and can be removed once Reactor Netty is fixed.
 */
@NullMarked
package io.fleetstop.transport;

import org.jspecify.annotations.NullMarked;
