package io.fleetstop.transport;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.transport.HttpExchange.Request;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.URI;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Operators;
import reactor.netty.Connection;
import reactor.netty.http.client.HttpClientRequest;

/**
 * How far one exchange has come: waiting for a connection, sent, or given up.
 *
 * <p>It mends two things in how Reactor Netty cancels. The pool is not told that a waiter is gone;
 * {@link #giveUp()} tells it. And a cancellation that meets the end of the reply on another thread
 * can close the connection after the pool has lent it to the next exchange; as an executor this
 * moves the cancellation to the connection's own thread, where the two come one after the other.
 */
final class Passage implements Executor {

  private final Request request;
  private final BooleanSupplier maySend;
  private final AtomicReference<@Nullable Subscription> acquisition = new AtomicReference<>();
  private volatile @Nullable EventLoop loop;
  private volatile boolean isGivenUp;
  private volatile boolean isSent;

  Passage(Request request, BooleanSupplier maySend) {
    this.request = request;
    this.maySend = maySend;
  }

  /** The wait for a connection has begun. */
  void acquiring(Subscription subscription) {
    acquisition.set(subscription);
    if (isGivenUp) {
      subscription.cancel();
    }
  }

  /** The caller has cancelled: nothing is sent from now on, and nothing waited for. */
  void giveUp() {
    isGivenUp = true;
    Subscription waiting = acquisition.getAndSet(Operators.cancelledSubscription());
    if (waiting != null) {
      waiting.cancel();
    }
  }

  /**
   * Right before the first byte: writes the headers. What it throws if nothing must leave becomes
   * the error of the exchange, and nothing is sent.
   */
  static void prepare(HttpClientRequest out, Connection connection) {
    Passage passage = out.currentContextView().get(Passage.class);
    HttpHeaders headers = out.requestHeaders();
    headers.set(HttpHeaderNames.HOST, hostHeader(passage.request.uri()));
    passage.request.headers().forEach(headers::set);
    passage.beforeSending(connection);
  }

  /** The host as it is signed: with its port unless that is the scheme's own. */
  private static String hostHeader(URI uri) {
    int standard = HttpClients.isSecure(uri) ? 443 : 80;
    boolean isStandard = uri.getPort() == -1 || uri.getPort() == standard;
    return isStandard ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
  }

  private void beforeSending(Connection connection) {
    // Order matters: a canceller that has not seen the loop is seen here.
    loop = connection.channel().eventLoop();
    if (isGivenUp) {
      // Its cancellation may still close the connection: nobody else must get it. And once it is
      // closed, Reactor Netty does not report to nobody what is thrown here.
      connection.markPersistent(false);
      connection.dispose();
      throw refusal();
    }
    if (!maySend.getAsBoolean()) {
      throw refusal();
    }
    isSent = true;
  }

  private static EcsException refusal() {
    return EcsException.builder(ClientErrors.CONNECT_FAILED, Delivery.NOT_SENT)
        .detail("The caller gave up before the request was sent.")
        .build();
  }

  boolean isSent() {
    return isSent;
  }

  /** Runs a cancellation where it belongs. */
  @Override
  public void execute(Runnable cancellation) {
    EventLoop own = loop;
    if (own == null || own.inEventLoop()) {
      cancellation.run();
      return;
    }
    try {
      own.execute(cancellation);
    } catch (RejectedExecutionException shutDown) {
      cancellation.run();
    }
  }
}
