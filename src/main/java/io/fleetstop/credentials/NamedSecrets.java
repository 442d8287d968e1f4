package io.fleetstop.credentials;

import io.fleetstop.error.Printable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Masks what is recognised as a secret by its name or its form: in headers, JSON, query strings and
 * forms, also if one of them is quoted or percent-encoded in another. Masks too much rather than
 * too little: the value of a header that is not quoted ends with the line.
 */
final class NamedSecrets {

  static final String MASK = "***";

  private static final Pattern NAME =
      Pattern.compile(
          "(?i)(?:(?<header>authorization|cookie2?)|signature|password|passwd"
              + "|(?:access|refresh|id|session|security|oidc|identity|bearer|metadata|auth)[-_]?token"
              + "|secret[-_]?(?:access[-_]?)?key|client[-_]?(?:secret|assertion)"
              + "|code[-_]?verifier|device[-_]?code)"
              // The quote that ends a name, escaped if the JSON text is quoted itself.
              + "\\\\*+[\"']?+\\s*+(?:[=:]|%3[da])\\s*+");

  // The service echoes the access key's id in some messages; a signature is 64 hexadecimal digits.
  private static final Pattern FORM =
      Pattern.compile(
          "AK(?:LT|TP)[A-Za-z0-9+/=_-]+|(?<=accesskey \\[)[^\\]]*"
              + "|(?<![0-9A-Fa-f])[0-9A-Fa-f]{64}(?![0-9A-Fa-f])");

  private NamedSecrets() {}

  /** Returns the text without signatures, keys, tokens, cookies and passwords. */
  static String mask(String text) {
    String named = Printable.withoutUserInfo(withoutNamed(text));
    return FORM.matcher(named).replaceAll(MASK);
  }

  private static String withoutNamed(String text) {
    Matcher name = NAME.matcher(text);
    StringBuilder masked = new StringBuilder(text.length());
    int copied = 0;
    while (name.find(copied)) {
      int opening = name.end();
      int escapes = countOf('\\', text, opening);
      int value = opening + escapes;
      char first = value < text.length() ? text.charAt(value) : ' ';
      int end;
      if (first == '"' || first == '\'') {
        end = endOfQuoted(text, ++value, first, escapes);
      } else if (first == '[') {
        end = endOfList(text, ++value);
      } else {
        value = opening;
        end = endOfBare(text, value, name.group("header") != null);
      }
      masked.append(text, copied, value).append(end > value ? MASK : "");
      copied = end;
    }
    return masked.append(text, copied, text.length()).toString();
  }

  private static int countOf(char c, String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) == c) {
      at++;
    }
    return at - from;
  }

  /** A quote with more escapes than the first one belongs to the value. */
  private static int endOfQuoted(String text, int from, char quote, int escapes) {
    int preceding = 0;
    int at = from;
    while (at < text.length() && !isLineEnd(text.charAt(at))) {
      char c = text.charAt(at);
      if (c == quote && preceding <= escapes) {
        return at - preceding;
      }
      preceding = c == '\\' ? preceding + 1 : 0;
      at++;
    }
    return at;
  }

  private static int endOfList(String text, int from) {
    boolean quoted = false;
    int at = from;
    while (at < text.length() && !isLineEnd(text.charAt(at))) {
      char c = text.charAt(at);
      if (c == ']' && !quoted) {
        return at;
      }
      quoted ^= c == '"' && text.charAt(at - 1) != '\\';
      at++;
    }
    return at;
  }

  private static int endOfBare(String text, int from, boolean header) {
    int at = from;
    while (at < text.length()
        && !isLineEnd(text.charAt(at))
        && (header || !isDelimiter(text.charAt(at)))) {
      at++;
    }
    return at;
  }

  private static boolean isLineEnd(char c) {
    return c == '\n' || c == '\r';
  }

  private static boolean isDelimiter(char c) {
    return Character.isWhitespace(c) || ",;&\"'<>\\".indexOf(c) >= 0;
  }
}
