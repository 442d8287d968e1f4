package io.fleetstop.transport;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.compression.CompressionException;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.handler.timeout.ReadTimeoutException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquirePendingLimitException;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquireTimeoutException;
import reactor.netty.internal.shaded.reactor.pool.PoolShutdownException;

/**
 * Classifies transport failures: the error code, and whether the service may have received the
 * request.
 */
final class TransportFailureClassifier {

  private static final Pattern PROXY_STATUS = Pattern.compile("status: (\\d{3})");

  private static final Set<String> UNAUTHENTICATED = Set.of("401", "407");

  private final TransportOptions options;

  TransportFailureClassifier(TransportOptions options) {
    this.options = options;
  }

  /**
   * Maps a failure to an exception.
   *
   * @param failure the failure reported by Reactor Netty
   * @param sent whether the first byte of the request may have been sent
   * @param proxy the proxy in use, or {@code null}
   */
  EcsException classify(Throwable failure, boolean sent, @Nullable ProxyOptions proxy) {
    if (failure instanceof EcsException known) {
      return known;
    }
    ProxyConnectException refusal = PrintableFailure.find(ProxyConnectException.class, failure);
    // The request is not sent before the proxy has answered, even if it was written to the
    // connection.
    return refusal != null
        ? classify(refusal, false, null, proxy)
        : classify(PrintableFailure.original(failure), sent, PrintableFailure.of(failure), proxy);
  }

  /** The cause is absent for the refusal of a proxy: its text may contain what was sent to it. */
  private EcsException classify(
      Throwable failure,
      boolean mayHaveLeft,
      @Nullable Throwable cause,
      @Nullable ProxyOptions proxy) {
    ErrorCode code = mayHaveLeft ? codeAfterSending(failure) : codeBeforeSending(failure);
    Delivery delivery = mayHaveLeft ? Delivery.UNKNOWN : Delivery.NOT_SENT;
    String limit = limit(failure, proxy);
    String reason = limit != null ? limit : mayHaveLeft ? reason(failure) : reason(failure, proxy);
    return EcsException.builder(code, delivery)
        .detail(code.meaning() + " (" + reason + ")")
        .cause(cause)
        .build();
  }

  /** Creates the error for a reply that the transport rejects. */
  static EcsException unreadable(String reason) {
    return EcsException.builder(ClientErrors.UNREADABLE_REPLY, Delivery.UNKNOWN)
        .detail(ClientErrors.UNREADABLE_REPLY.meaning() + " (" + reason + ")")
        .build();
  }

  private static ErrorCode codeBeforeSending(Throwable failure) {
    if (isProxyAuthentication(failure)) {
      return ClientErrors.PROXY_REFUSED;
    }
    if (PrintableFailure.find(CertificateException.class, failure) != null) {
      return ClientErrors.UNTRUSTED_SERVER;
    }
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
    // A decoder wraps TLS errors too; they do not concern the reply.
    boolean tls = failure.getCause() instanceof SSLException;
    return (failure instanceof DecoderException && !tls)
            || failure instanceof CompressionException
            || failure instanceof IllegalArgumentException
        ? ClientErrors.UNREADABLE_REPLY
        : ClientErrors.CONNECTION_LOST;
  }

  /** Returns the limit that ended the exchange with its value, or {@code null} if none did. */
  private @Nullable String limit(Throwable failure, @Nullable ProxyOptions proxy) {
    if (failure instanceof ConnectTimeoutException) {
      return "connect timeout of " + format(options.connectTimeout());
    }
    if (failure instanceof SslHandshakeTimeoutException) {
      return "TLS handshake timeout of " + format(options.tlsHandshakeTimeout());
    }
    if (failure instanceof ReadTimeoutException) {
      return "response timeout of " + format(options.responseTimeout());
    }
    if (failure instanceof PoolAcquireTimeoutException) {
      return "pool acquire timeout of "
          + format(options.poolAcquireTimeout())
          + ", at most "
          + options.maxConnections()
          + " connections";
    }
    if (failure instanceof BoundedBody.TooLargeException) {
      return "body limit of " + options.maxBodyBytes() + " bytes";
    }
    if (failure instanceof TooLongFrameException || isHeaderListTooLong(failure)) {
      return "header limit of " + options.maxHeaderBytes() + " bytes";
    }
    return proxy != null && isProxyTimeout(failure)
        ? "proxy connect timeout of " + format(proxy.connectTimeout()) + ", " + describe(proxy)
        : null;
  }

  private static boolean isHeaderListTooLong(Throwable failure) {
    return failure instanceof Http2Exception.HeaderListSizeException
        || failure.getCause() instanceof Http2Exception.HeaderListSizeException;
  }

  /**
   * Whether the proxy refused the user or the password: HTTP 407, 401 from tinyproxy, or the reply
   * of SOCKS5.
   */
  private static boolean isProxyAuthentication(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    Matcher status = PROXY_STATUS.matcher(message);
    return failure instanceof ProxyConnectException
        && (message.contains("authStatus: ")
            || (status.find() && UNAUTHENTICATED.contains(status.group(1))));
  }

  private static boolean isProxyTimeout(Throwable failure) {
    return failure instanceof ProxyConnectException
        && failure.getMessage() != null
        && failure.getMessage().endsWith("timeout");
  }

  /** Formats a duration as on the command line: {@code 500ms}, {@code 10s}. */
  private static String format(Duration duration) {
    long millis = duration.toMillis();
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }

  /** Describes a failure before the host was reached. */
  private static String reason(Throwable failure, @Nullable ProxyOptions proxy) {
    if (proxy == null) {
      return reason(failure);
    }
    if (failure instanceof ProxyConnectException) {
      // The proxy's text is not shown: it may contain what was sent to it.
      Matcher status = PROXY_STATUS.matcher(String.valueOf(failure.getMessage()));
      return status.find()
          ? describe(proxy) + " refused with HTTP " + status.group(1)
          : describe(proxy)
              + (isProxyAuthentication(failure) ? " refused" : " closed the connection");
    }
    return failure instanceof ConnectException || failure instanceof UnknownHostException
        ? describe(proxy) + " cannot be reached: " + reason(failure)
        : reason(failure);
  }

  private static String describe(ProxyOptions proxy) {
    return "proxy " + proxy.host() + ":" + proxy.port();
  }

  /**
   * Describes the failure. Only messages about addresses and certificates are shown: others may
   * quote what was sent or received.
   */
  private static String reason(Throwable failure) {
    if (rootOf(failure) instanceof NotSslRecordException) {
      return "the reply is not TLS: is the address one of http, or the port another?";
    }
    CertificateException certificate = PrintableFailure.find(CertificateException.class, failure);
    if (certificate != null
        && String.valueOf(certificate.getMessage()).startsWith("Illegal given domain name")) {
      return "TLS: Java cannot verify a host name with an underscore: use another name of the host";
    }
    if (failure instanceof SSLException || failure.getCause() instanceof SSLException) {
      return "TLS: " + PrintableFailure.text(rootOf(failure));
    }
    return failure instanceof PoolAcquirePendingLimitException
        ? String.valueOf(failure.getMessage())
        : PrintableFailure.text(failure);
  }

  private static Throwable rootOf(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return root;
  }
}
