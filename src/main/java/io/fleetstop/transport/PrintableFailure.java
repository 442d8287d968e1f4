package io.fleetstop.transport;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.Printable;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.timeout.TimeoutException;
import java.io.IOException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.client.PrematureCloseException;

/**
 * Stands in for a failure whose text may quote the peer: it has the failure's type, stack trace and
 * causes, and only such messages as are about addresses and certificates, with control characters
 * escaped.
 *
 * <p>A proxy may send back the password that it was given, and a reply may contain sequences that
 * control a terminal. Neither must reach a log or an exception of this client.
 */
final class PrintableFailure extends IOException {

  private static final long serialVersionUID = 1L;

  private static final int MAX_CAUSES = 8;

  // Not serialised, never printed: the classification needs the type.
  private final transient Throwable original;

  private PrintableFailure(Throwable original, @Nullable PrintableFailure cause) {
    super(text(original), cause);
    this.original = original;
    setStackTrace(original.getStackTrace());
  }

  /** Returns the failure itself if its text is this client's own or the JDK's, or a stand-in. */
  static Throwable of(Throwable failure) {
    return isOwn(failure) ? failure : copy(failure, MAX_CAUSES);
  }

  /** Returns the failure that a stand-in replaces. Its text must not be shown. */
  static Throwable original(Throwable failure) {
    return failure instanceof PrintableFailure masked ? masked.original : failure;
  }

  /** Returns the first failure of a type in the chain of causes, or {@code null}. */
  static <T extends Throwable> @Nullable T find(Class<T> type, Throwable failure) {
    Throwable next = original(failure);
    for (int depth = 0; next != null && depth < MAX_CAUSES; depth++) {
      if (type.isInstance(next)) {
        return type.cast(next);
      }
      next = next.getCause();
    }
    return null;
  }

  private static PrintableFailure copy(Throwable failure, int depth) {
    Throwable cause = failure.getCause();
    boolean proxied = failure instanceof ProxyConnectException;
    return new PrintableFailure(
        failure, cause == null || depth == 0 || proxied ? null : copy(original(cause), depth - 1));
  }

  private static boolean isOwn(Throwable failure) {
    Throwable next = failure;
    for (int depth = 0; next != null; depth++, next = next.getCause()) {
      String message = next.getMessage();
      boolean own =
          next instanceof PrintableFailure
              || next instanceof EcsException
              || isShown(next)
              || message == null;
      boolean printable = message == null || message.equals(Printable.of(message));
      if (!own || !printable || next.getSuppressed().length > 0 || depth == MAX_CAUSES) {
        return false;
      }
    }
    return true;
  }

  static String text(Throwable failure) {
    String type = failure.getClass().getSimpleName();
    String message = failure.getMessage();
    return message != null && isShown(failure) ? type + ": " + Printable.of(message) : type;
  }

  /** Messages of other types may quote what was sent or received. */
  static boolean isShown(Throwable failure) {
    if (failure instanceof ProxyConnectException) {
      return false; // It is a ConnectException, with the reply of the proxy.
    }
    return failure instanceof SocketException
        || failure instanceof ClosedChannelException
        || failure instanceof TimeoutException
        || failure instanceof BoundedBody.TooLargeException
        || failure instanceof PrematureCloseException
        || failure instanceof UnknownHostException
        || failure instanceof ConnectTimeoutException
        || failure instanceof CertificateException
        || failure.getClass().getName().startsWith("sun.security.")
        || (failure instanceof SSLException && !(failure instanceof NotSslRecordException));
  }
}
