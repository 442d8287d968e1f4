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
 * How far one exchange has come: waiting for a connection, sent, or given up. It stands between the
 * caller and Reactor Netty, and passes their signals on.
 *
 * <p>It mends two things in how Reactor Netty cancels. The pool is not told that a waiter is gone;
 * {@link #cancel()} tells it. And a cancellation that meets the end of the reply on another thread
 * can close the connection after the pool has lent it to the next exchange; it is moved to the
 * connection's own thread, where the two come one after the other.
 *
 * <p>Written by hand: {@code cancelOn}, {@code doOnCancel}, {@code onErrorMap}, {@code next} and
 * {@code contextWrite} do the same for half a kilobyte more, all that the transport adds to Reactor
 * Netty. It neither queues nor counts: what one side signals is what the other gets.
 */
final class ExchangeSubscriber implements CoreSubscriber<Response>, Subscription, Scannable {

  private static final AtomicReferenceFieldUpdater<ExchangeSubscriber, @Nullable Subscription>
      ACQUISITION =
          AtomicReferenceFieldUpdater.newUpdater(
              ExchangeSubscriber.class, Subscription.class, "acquisition");

  private final Request request;
  private final TransportFailures failures;
  private final @Nullable ProxyOptions proxy;
  private final Context context;
  private @Nullable CoreSubscriber<? super Response> actual;
  private @Nullable BooleanSupplier maySend;
  private @Nullable Subscription upstream;

  @SuppressWarnings("UnusedVariable") // read and written through ACQUISITION
  private volatile @Nullable Subscription acquisition;

  private volatile @Nullable EventLoop loop;
  private volatile boolean isGivenUp;
  private volatile boolean isSent;

  ExchangeSubscriber(
      CoreSubscriber<? super Response> actual,
      Request request,
      BooleanSupplier maySend,
      TransportFailures failures,
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
    return key == Attr.CANCELLED ? isGivenUp : null;
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

  /** The wait for a connection has begun. */
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

  /** Nobody is left to hear of a failure once the caller is gone. */
  @Override
  public void onError(Throwable failure) {
    CoreSubscriber<? super Response> caller = letGo();
    if (caller != null && !isGivenUp) {
      caller.onError(failures.classify(failure, isSent, proxy));
    }
  }

  @Override
  public void onComplete() {
    CoreSubscriber<? super Response> caller = letGo();
    if (caller != null) {
      caller.onComplete();
    }
  }

  /**
   * Forgets the caller, who may be a whole run. A connection holds the context in which it was
   * begun, and with it this, until it has served a call; when that was cancelled, it may never.
   */
  private @Nullable CoreSubscriber<? super Response> letGo() {
    CoreSubscriber<? super Response> caller = actual;
    actual = null;
    maySend = null;
    return caller;
  }

  /** The caller is gone: nothing is sent from now on, and nothing waited for. */
  @Override
  public void cancel() {
    if (isGivenUp) {
      return;
    }
    isGivenUp = true;
    letGo();
    Operators.terminate(ACQUISITION, this);
    EventLoop own = loop;
    if (own == null || own.inEventLoop()) {
      cancelUpstream();
      return;
    }
    try {
      own.execute(this::cancelUpstream);
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
   * Right before the first byte: writes the headers. What it throws if nothing must leave becomes
   * the error of the exchange, and nothing is sent.
   */
  static void prepare(HttpClientRequest out, Connection connection) {
    ExchangeSubscriber passage = out.currentContextView().get(ExchangeSubscriber.class);
    HttpHeaders headers = out.requestHeaders();
    headers.set(HttpHeaderNames.HOST, passage.request.host());
    passage.request.headers().forEach(headers::set);
    passage.beforeSending(connection);
  }

  private void beforeSending(Connection connection) {
    // Order matters: a canceller that has not seen the loop is seen here.
    loop = connection.channel().eventLoop();
    BooleanSupplier permission = maySend;
    if (isGivenUp || permission == null) {
      // Its cancellation may still close the connection: nobody else must get it. And once it is
      // closed, Reactor Netty does not report to nobody what is thrown here.
      connection.markPersistent(false);
      connection.dispose();
      throw refusal();
    }
    if (!permission.getAsBoolean()) {
      throw refusal();
    }
    isSent = true;
  }

  private static EcsException refusal() {
    return EcsException.builder(ClientErrors.CONNECT_FAILED, Delivery.NOT_SENT)
        .detail("The caller gave up before the request was sent.")
        .build();
  }
}
