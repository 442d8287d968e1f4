package io.fleetstop.transport;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.compression.CompressionException;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.timeout.ReadTimeoutException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquirePendingLimitException;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquireTimeoutException;
import reactor.netty.internal.shaded.reactor.pool.PoolShutdownException;

/** What a failure of the wire means: which code, and whether the service may have acted. */
final class TransportFailures {

  private TransportFailures() {}

  /**
   * Maps a failure.
   *
   * @param failure what Reactor Netty reported
   * @param sent whether the request may have begun to leave
   */
  static EcsException classify(Throwable failure, boolean sent) {
    if (failure instanceof EcsException known) {
      return known;
    }
    ErrorCode code = sent ? codeAfterSending(failure) : codeBeforeSending(failure);
    Delivery delivery = sent ? Delivery.UNKNOWN : Delivery.NOT_SENT;
    return EcsException.builder(code, delivery)
        .detail(code.meaning() + " (" + reason(failure) + ")")
        .cause(failure)
        .build();
  }

  private static ErrorCode codeBeforeSending(Throwable failure) {
    if (failure instanceof PoolAcquireTimeoutException
        || failure instanceof PoolAcquirePendingLimitException) {
      return ClientErrors.POOL_EXHAUSTED;
    }
    return failure instanceof PoolShutdownException
        ? ClientErrors.CLOSED
        : ClientErrors.CONNECT_FAILED;
  }

  private static ErrorCode codeAfterSending(Throwable failure) {
    if (failure instanceof ReadTimeoutException) {
      return ClientErrors.RESPONSE_TIMEOUT;
    }
    if (failure instanceof BoundedBody.TooLargeException) {
      return ClientErrors.REPLY_TOO_LARGE;
    }
    return failure instanceof DecoderException
            || failure instanceof CompressionException
            || failure instanceof IllegalArgumentException
        ? ClientErrors.UNREADABLE_REPLY
        : ClientErrors.CONNECTION_LOST;
  }

  /**
   * The failure in words. Only the messages of failures that speak of addresses are shown: others
   * may quote what was sent or received.
   */
  private static String reason(Throwable failure) {
    String type = failure.getClass().getSimpleName();
    boolean speaksOfAddresses =
        failure instanceof ConnectException
            || failure instanceof ConnectTimeoutException
            || failure instanceof UnknownHostException
            || failure instanceof SSLException
            || failure instanceof ProxyConnectException
            || failure instanceof PoolAcquireTimeoutException
            || failure instanceof PoolAcquirePendingLimitException
            || failure instanceof BoundedBody.TooLargeException;
    return speaksOfAddresses && failure.getMessage() != null
        ? type + ": " + failure.getMessage()
        : type;
  }
}
