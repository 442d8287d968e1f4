package io.fleetstop.model;

import java.util.Objects;

/** Checks texts of requests, and formats values for error messages. */
final class Text {

  private static final int MAX_SHOWN = 80;

  private Text() {}

  /** Returns the token if the service accepts it; the error names the rule and the value. */
  static String requireClientToken(String clientToken) {
    Objects.requireNonNull(clientToken, "clientToken");
    if (clientToken.isEmpty() || clientToken.length() > StopInstance.MAX_CLIENT_TOKEN_LENGTH) {
      throw new IllegalArgumentException(
          "ClientToken must have 1 to "
              + StopInstance.MAX_CLIENT_TOKEN_LENGTH
              + " characters, has "
              + clientToken.length()
              + ": "
              + quote(clientToken));
    }
    for (int i = 0; i < clientToken.length(); i++) {
      if (clientToken.charAt(i) < ' ' || clientToken.charAt(i) >= 0x7f) {
        throw new IllegalArgumentException(
            "ClientToken must be printable ASCII, was " + quote(clientToken));
      }
    }
    return clientToken;
  }

  /** Describes a token of which nothing may be shown; empty for none. */
  static String lengthOf(String token) {
    return token.isEmpty() ? "" : "(" + token.length() + " characters)";
  }

  /** The value in quotes, shortened, with everything but printable ASCII escaped. */
  static String quote(String value) {
    StringBuilder text = new StringBuilder("\"");
    int shown = Math.min(value.length(), MAX_SHOWN);
    for (int i = 0; i < shown; i++) {
      char c = value.charAt(i);
      if (c >= ' ' && c < 0x7f) {
        text.append(c);
      } else {
        text.append(String.format("\\u%04x", (int) c));
      }
    }
    return text.append(shown < value.length() ? "\u2026\"" : "\"").toString();
  }
}
