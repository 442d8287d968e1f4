package io.fleetstop.transport;

import reactor.netty.http.logging.AbstractHttpMessageLogFactory;
import reactor.netty.http.logging.HttpMessageArgProvider;

/**
 * What Reactor Netty logs of a request or reply at debug level. Its own form hides the values of
 * headers, but shows the reason phrase and the names: texts of the peer, which may repeat a token
 * or control a terminal.
 */
final class MessageLog extends AbstractHttpMessageLogFactory {

  static final MessageLog INSTANCE = new MessageLog();

  private static final int STATUS_DIGITS = 3;

  private MessageLog() {}

  @Override
  public String common(HttpMessageArgProvider message) {
    return switch (message.httpMessageType()) {
      case REQUEST, FULL_REQUEST -> "REQUEST(" + message.method() + ")";
      case RESPONSE, FULL_RESPONSE -> "RESPONSE(" + code(message.status()) + ")";
      case CONTENT, LAST_CONTENT -> "CONTENT";
    };
  }

  /** Returns the code of a status without its reason phrase. */
  private static String code(String status) {
    return status.substring(0, Math.min(STATUS_DIGITS, status.length()));
  }
}
