package io.fleetstop.redis;

import io.lettuce.core.RedisCommandExecutionException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/**
 * What a failure of the driver means. Its messages name the user. Those of a server may repeat the
 * password, as Redis 5 does for the login that it does not know, or control a terminal: only their
 * code is shown.
 */
final class RedisFailures {

  private static final Pattern ERROR_CODE = Pattern.compile("[A-Z]{2,20}\\b");

  private static final Map<String, String> HINTS =
      Map.of(
          "DB index", "it has no database of that number: check the number at the end of the URL",
          "SELECT is not allowed", "a cluster has database 0 only: leave the number out of the URL",
          "without any password", "it has no password: leave the password out of the URL",
          "WRONGPASS", "check the user and the password",
          "NOAUTH", "it requires a password, and none was given",
          "NOPERM", "its user may not run a command that fleetstop needs",
          "LOADING", "it still loads its data: run the command again later",
          "max number of clients", "it has too many clients: run the command again later");

  private static final int MAX_DEPTH = 10;

  private RedisFailures() {}

  /** Returns the failure in words of this library. */
  static RedisSetupException meaning(Throwable failure, RedisOptions options) {
    String rejected = rejection(failure);
    return new RedisSetupException(
        rejected != null
            ? options.address() + " refused: " + rejected
            : "cannot connect to Redis at " + options.address() + ": " + advice(failure, options));
  }

  private static String advice(Throwable failure, RedisOptions options) {
    SSLException tls = cause(failure, SSLException.class);
    if (tls != null) {
      return tlsAdvice(tls);
    }
    if (cause(failure, ConnectException.class) == null
        && cause(failure, UnknownHostException.class) == null
        && cause(failure, TimeoutException.class) == null
        && !options.isSecure()) {
      return "it ends the connection before the login. If the port is one for TLS, use rediss://,"
          + " else check the address, and that the server runs";
    }
    return "check the address, and that the server runs";
  }

  private static String tlsAdvice(SSLException tls) {
    if (cause(tls, GeneralSecurityException.class) != null) {
      return "its certificate is not trusted. It must name the host of the URL, and its issuer must"
          + " be one that the JDK trusts";
    }
    return String.valueOf(tls.getMessage()).contains("alert")
        ? "it refuses the TLS connection. Check that it accepts the TLS versions of the JDK, and"
            + " whether it requires a client certificate"
        : "it does not reply in TLS. If the port is one without it, use redis://, else the port for"
            + " TLS";
  }

  /** Whether another attempt has the same failure. */
  static boolean isFinal(Throwable failure) {
    return rejection(failure) != null || cause(failure, SSLException.class) != null;
  }

  /** Returns the code of a server's error and what to check, or {@code null} if it is none. */
  static @Nullable String rejection(Throwable failure) {
    RedisCommandExecutionException refused = cause(failure, RedisCommandExecutionException.class);
    if (refused == null) {
      return null;
    }
    String text = String.valueOf(refused.getMessage());
    Matcher code = ERROR_CODE.matcher(text);
    String hint = hint(text);
    return (code.lookingAt() ? code.group() : "an error without a code")
        + (hint.isEmpty() ? "" : " (" + hint + ")");
  }

  private static <T extends Throwable> @Nullable T cause(Throwable failure, Class<T> type) {
    Throwable cause = Exceptions.unwrap(failure);
    for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++) {
      if (type.isInstance(cause)) {
        return type.cast(cause);
      }
      cause = cause.getCause();
    }
    return null;
  }

  /** Returns what to check, by a part of an error that every server words the same; or nothing. */
  private static String hint(String error) {
    return HINTS.entrySet().stream()
        .filter(hint -> error.contains(hint.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("");
  }
}
