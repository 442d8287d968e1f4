package io.fleetstop.transport;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Operators;
import reactor.netty.Connection;
import reactor.netty.http.client.HttpClientRequest;
import reactor.util.context.Context;

/**
 * The state of one exchange: acquiring a connection, sent, or cancelled. It sits between the
 * downstream subscriber and Reactor Netty and forwards their signals.
 *
 * <p>It works around two faults in how Reactor Netty cancels. A cancelled acquisition stays in the
 * pool's queue; {@link #cancel()} cancels it. A cancellation that races with the end of the reply
 * can close the connection after the pool has given it to the next exchange; it runs on the
 * connection's event loop instead, where the two are ordered.
 *
 * <p>Hand-written because {@code cancelOn}, {@code doOnCancel}, {@code onErrorMap}, {@code next}
 * and {@code contextWrite} together allocate half a kilobyte more per exchange, which is as much as
 * the transport adds to Reactor Netty. It neither queues nor counts demand: each signal is
 * forwarded as it is.
 */
final class ExchangeSubscriber implements CoreSubscriber<Response>, Subscription, Scannable {

  private static final AtomicReferenceFieldUpdater<ExchangeSubscriber, @Nullable Subscription>
      ACQUISITION =
          AtomicReferenceFieldUpdater.newUpdater(
              ExchangeSubscriber.class, Subscription.class, "acquisition");

  private final Request request;
  private final TransportFailureClassifier failures;
  private final @Nullable ProxyOptions proxy;
  private final Context context;
  private @Nullable CoreSubscriber<? super Response> actual;
  private @Nullable BooleanSupplier maySend;
  private @Nullable Subscription upstream;

  @SuppressWarnings("UnusedVariable") // read and written through ACQUISITION
  private volatile @Nullable Subscription acquisition;

  private volatile @Nullable EventLoop loop;
  private volatile boolean cancelled;
  private volatile boolean sent;

  ExchangeSubscriber(
      CoreSubscriber<? super Response> actual,
      Request request,
      BooleanSupplier maySend,
      TransportFailureClassifier failures,
      @Nullable ProxyOptions proxy) {
    this.actual = actual;
    this.request = request;
    this.maySend = maySend;
    this.failures = failures;
    this.proxy = proxy;
    this.context = actual.currentContext().put(ExchangeSubscriber.class, this);
  }

  @Override
  public Context currentContext() {
    return context;
  }

  @Override
  @SuppressWarnings("rawtypes")
  public @Nullable Object scanUnsafe(Attr key) {
    if (key == Attr.PARENT) {
      return upstream;
    }
    if (key == Attr.ACTUAL) {
      return actual;
    }
    return key == Attr.CANCELLED ? cancelled : null;
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    if (Operators.validate(upstream, subscription)) {
      upstream = subscription;
      if (actual != null) {
        actual.onSubscribe(this);
      }
    }
  }

  @Override
  public void request(long n) {
    if (upstream != null) {
      upstream.request(n);
    }
  }

  /** Called when the acquisition of a connection starts. */
  void acquiring(Subscription subscription) {
    Operators.replace(ACQUISITION, this, subscription);
  }

  @Override
  public void onNext(Response response) {
    CoreSubscriber<? super Response> caller = actual;
    if (caller != null) {
      caller.onNext(response);
    }
  }

  /** Drops the failure if the subscriber has cancelled. */
  @Override
  public void onError(Throwable failure) {
    CoreSubscriber<? super Response> caller = detach();
    if (caller != null && !cancelled) {
      caller.onError(failures.classify(failure, sent, proxy));
    }
  }

  @Override
  public void onComplete() {
    CoreSubscriber<? super Response> caller = detach();
    if (caller != null) {
      caller.onComplete();
    }
  }

  /**
   * Releases the downstream subscriber, which may reference a whole run. A connection keeps the
   * context in which it was opened, and with it this object, until it has served a request; after a
   * cancellation that may never happen.
   */
  private @Nullable CoreSubscriber<? super Response> detach() {
    CoreSubscriber<? super Response> caller = actual;
    actual = null;
    maySend = null;
    return caller;
  }

  /** Cancels the exchange: nothing is sent and nothing is awaited after this. */
  @Override
  public void cancel() {
    if (cancelled) {
      return;
    }
    cancelled = true;
    detach();
    Operators.terminate(ACQUISITION, this);
    EventLoop eventLoop = loop;
    if (eventLoop == null || eventLoop.inEventLoop()) {
      cancelUpstream();
      return;
    }
    try {
      eventLoop.execute(this::cancelUpstream);
    } catch (RejectedExecutionException shutDown) {
      cancelUpstream();
    }
  }

  private void cancelUpstream() {
    if (upstream != null) {
      upstream.cancel();
    }
  }

  /**
   * Writes the headers, right before the first byte is sent. If the request must not be sent it
   * throws; the exception becomes the error of the exchange, and nothing is sent.
   */
  static void prepare(HttpClientRequest outbound, Connection connection) {
    ChannelGuard.restore(connection.channel());
    Http2Guard.install(connection.channel());
    ExchangeSubscriber exchange = outbound.currentContextView().get(ExchangeSubscriber.class);
    HttpHeaders headers = outbound.requestHeaders();
    headers.set(HttpHeaderNames.HOST, exchange.request.host());
    exchange.request.headers().forEach(headers::set);
    exchange.requireMaySend(connection);
  }

  private void requireMaySend(Connection connection) {
    // The write must come before the read of cancelled: a cancel() that did not see the event loop
    // is seen here.
    loop = connection.channel().eventLoop();
    BooleanSupplier gate = maySend;
    if (cancelled || gate == null) {
      throw abandon(connection);
    }
    if (!gate.getAsBoolean()) {
      CoreSubscriber<? super Response> caller = detach();
      EcsException refusal = abandon(connection);
      if (caller != null) {
        caller.onError(refusal);
      }
      throw refusal;
    }
    sent = true;
  }

  /**
   * Closes the connection of an exchange that is not sent: a cancellation may still close it, so
   * the pool must not reuse it. Reactor Netty logs no exception for a connection that is closed.
   */
  private static EcsException abandon(Connection connection) {
    connection.markPersistent(false);
    connection.dispose();
    return EcsException.builder(ClientErrors.CONNECT_FAILED, Delivery.NOT_SENT)
        .detail("The caller cancelled before the request was sent.")
        .build();
  }
}
