package io.fleetstop;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.error.Printable;
import io.fleetstop.transport.HttpExchange.Request;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes texts of a reply fit for errors and logs: masks what the request was signed with, bounds
 * the length, and escapes what is not printable.
 *
 * <p>A secret is found whole, by a prefix of at least {@value #MIN_PREFIX} characters, and in its
 * percent-encoded and JSON-escaped forms, each also nested: a service, or a proxy, may echo the
 * request that it received in any of them.
 *
 * <p>The work is bounded, whatever a peer sends: only the start of a long text is searched, and a
 * run of backslashes is followed to a limit. Without the limits, a message of a megabyte of
 * backslashes keeps an event loop busy for minutes.
 */
final class SecretMask {

  private static final String MASK = "***";
  private static final int MIN_PREFIX = 12;
  private static final int MAX_TEXT = 1_000;
  private static final int MAX_IDENTIFIER = 128;
  private static final int MAX_SEARCHED = 8_192;

  /** Longer than a signature: what was cut in two may stand at the end of what was searched. */
  private static final int UNCERTAIN = 128;

  /** A text that was escaped six times has 63 backslashes before a character. */
  private static final int MAX_BACKSLASHES = 64;

  private static final String SIGNATURE = "Signature=";

  // The service echoes the access key's id in some messages; a signature is 64 hexadecimal digits.
  private static final Pattern SECRET_FORMS =
      Pattern.compile(
          "AK(LT|TP)[A-Za-z0-9+/=_-]+|(?<=accesskey \\[)[^\\]]*"
              + "|(?<=(?i:signature)=)[^\\s,;&\"']+|(?<![0-9A-Fa-f])[0-9A-Fa-f]{64}(?![0-9A-Fa-f])");

  private static final Pattern NO_WORD = Pattern.compile("[^A-Za-z0-9_.:*-]+");

  private final @Nullable Credentials credentials;
  private final String authorization;
  private final int signatureStart;

  private SecretMask(@Nullable Credentials credentials, String authorization) {
    this.credentials = credentials;
    this.authorization = authorization;
    int name = authorization.lastIndexOf(SIGNATURE);
    this.signatureStart = name < 0 ? authorization.length() : name + SIGNATURE.length();
  }

  /**
   * A mask for the replies to a request.
   *
   * @param credentials the credentials of the request, or {@code null} if they are not known
   * @param signed the request, or {@code null} if its signature is not known
   */
  static SecretMask of(@Nullable Credentials credentials, @Nullable Request signed) {
    String authorization = signed == null ? null : signed.headers().get("Authorization");
    return new SecretMask(credentials, authorization == null ? "" : authorization);
  }

  /** A message: any text, masked, bounded and printable. */
  String text(String text) {
    return bounded(masked(text), MAX_TEXT);
  }

  /**
   * A text of a result, such as a name, a tag or a status: the text itself, but for the secrets in
   * it. Secrets of fewer than {@value #MIN_PREFIX} characters are not searched for: those of the
   * platform are longer, and a shorter one may be a part of any name.
   */
  String value(String text) {
    // The fast path: a page has a thousand texts, and most are short or have no secret.
    if (text.length() < MIN_PREFIX || !(hasEncodings(text) || hasSecretStart(text))) {
      return text;
    }
    return maskSecrets(text, MIN_PREFIX);
  }

  /** Whether a character of the text may stand for another one of a secret. */
  private static boolean hasEncodings(String text) {
    return text.indexOf('%') >= 0 || text.indexOf('\\') >= 0 || text.indexOf(' ') >= 0;
  }

  /** A code or a request id: a masked text in which every other character than a word's is '_'. */
  String identifier(String text) {
    if (text.length() < MAX_IDENTIFIER && isWord(text) && !hasSecretStart(text)) {
      // The fast path: every success has a request id.
      return text;
    }
    return bounded(NO_WORD.matcher(masked(text)).replaceAll("_"), MAX_IDENTIFIER);
  }

  // Masked before it is bounded: a secret that is cut in two might not be found any more.
  private String masked(String text) {
    boolean cut = text.length() > MAX_SEARCHED;
    String searched = cut ? text.substring(0, MAX_SEARCHED) : text;
    String masked = SECRET_FORMS.matcher(maskSecrets(searched, 1)).replaceAll(MASK);
    return cut ? masked.substring(0, Math.max(0, masked.length() - UNCERTAIN)) : masked;
  }

  private static String bounded(String text, int max) {
    return Printable.of(text.length() <= max ? text : text.substring(0, max) + "\u2026");
  }

  private static boolean isWord(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean allowed =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
      if (!allowed && c != '_' && c != '.' && c != ':') {
        return false;
      }
    }
    return true;
  }

  /** Whether a secret, or a long enough prefix of it, stands in a text without encodings. */
  private boolean hasSecretStart(String text) {
    if (credentials != null) {
      String token = credentials.sessionToken();
      if (hasStart(text, credentials.secretAccessKey(), 0)
          || hasStart(text, credentials.accessKeyId(), 0)
          || (token != null && hasStart(text, token, 0))) {
        return true;
      }
    }
    return signatureStart < authorization.length() && hasStart(text, authorization, signatureStart);
  }

  private static boolean hasStart(String text, String secret, int secretStart) {
    int length = Math.min(MIN_PREFIX, secret.length() - secretStart);
    char first = secret.charAt(secretStart);
    int at = text.indexOf(first);
    while (at >= 0 && !text.regionMatches(at, secret, secretStart, length)) {
      at = text.indexOf(first, at + 1);
    }
    return at >= 0;
  }

  private String maskSecrets(String text, int shortest) {
    StringBuilder masked = null;
    int copied = 0;
    int at = 0;
    while (at < text.length()) {
      int end = secretEnd(text, at, shortest);
      if (end > at) {
        masked = masked == null ? new StringBuilder(text.length()) : masked;
        masked.append(text, copied, at).append(MASK);
        copied = end;
        at = end;
      } else {
        at++;
      }
    }
    return masked == null ? text : masked.append(text, copied, text.length()).toString();
  }

  /**
   * The end of the longest secret that begins at {@code start}, or {@code start} for none.
   *
   * @param shortest the length of the shortest secret that is searched for
   */
  private int secretEnd(String text, int start, int shortest) {
    int end = matchEnd(text, start, authorization, signatureStart, shortest);
    if (credentials != null) {
      end = Math.max(end, matchEnd(text, start, credentials.secretAccessKey(), 0, shortest));
      end = Math.max(end, matchEnd(text, start, credentials.accessKeyId(), 0, shortest));
      String token = credentials.sessionToken();
      end = token == null ? end : Math.max(end, matchEnd(text, start, token, 0, shortest));
    }
    return end;
  }

  /** Where the secret, or a long enough prefix of it, ends that begins at {@code start}. */
  private static int matchEnd(
      String text, int start, String secret, int secretStart, int shortest) {
    if (secret.length() - secretStart < shortest) {
      return start;
    }
    int at = start;
    int next = secretStart;
    while (next < secret.length() && at < text.length()) {
      int end = matchChar(text, at, secret.charAt(next));
      if (end < 0) {
        break;
      }
      at = end;
      next++;
    }
    int needed = Math.min(MIN_PREFIX, secret.length() - secretStart);
    return next > secretStart && next - secretStart >= needed ? at : start;
  }

  /** Where {@code wanted} ends that stands at {@code at} in one of its forms, or -1. */
  private static int matchChar(String text, int at, char wanted) {
    char c = text.charAt(at);
    if (c == wanted || (wanted == '+' && c == ' ')) {
      return at + 1;
    }
    if (c == '%') {
      int digits = at + 1;
      // %252B is %2B, encoded once more.
      while (text.startsWith("25", digits)) {
        digits += 2;
      }
      return hex(text, digits, 2) == wanted ? digits + 2 : -1;
    }
    if (c == '\\') {
      int escaped = at + 1;
      int limit = Math.min(text.length(), at + MAX_BACKSLASHES);
      while (escaped < limit && text.charAt(escaped) == '\\') {
        escaped++;
      }
      if (escaped < text.length() && text.charAt(escaped) == wanted) {
        return escaped + 1;
      }
      return text.startsWith("u", escaped) && hex(text, escaped + 1, 4) == wanted
          ? escaped + 5
          : -1;
    }
    return -1;
  }

  private static int hex(String text, int from, int digits) {
    int value = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = i < text.length() ? Character.digit(text.charAt(i), 16) : -1;
      if (digit < 0) {
        return -1;
      }
      value = value * 16 + digit;
    }
    return value;
  }
}
