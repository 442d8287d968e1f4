package io.fleetstop.credentials;

import io.fleetstop.sign.AccessKey;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An access key, with a session token and an expiration if it is temporary. {@link #toString()}
 * shows only a part of the access key's id.
 *
 * @param accessKeyId the id of the key, sent with every request
 * @param secretAccessKey the key, never sent
 * @param sessionToken the token of temporary credentials, or {@code null}
 * @param expiration when temporary credentials expire, or {@code null} if they do not or the time
 *     is unknown
 */
public record Credentials(
    String accessKeyId,
    String secretAccessKey,
    @Nullable String sessionToken,
    @Nullable Instant expiration)
    implements AccessKey {

  private static final int SHOWN = 4;

  /**
   * Rejects keys and tokens that cannot be sent in a header. The message names the field, not the
   * value.
   */
  public Credentials {
    requireHeaderSafe("accessKeyId", accessKeyId);
    requireHeaderSafe("secretAccessKey", secretAccessKey);
    if (sessionToken != null) {
      requireHeaderSafe("sessionToken", sessionToken);
    }
  }

  /** Returns a permanent access key. */
  public static Credentials of(String accessKeyId, String secretAccessKey) {
    return new Credentials(accessKeyId, secretAccessKey, null, null);
  }

  /** Returns a temporary access key whose expiration is unknown. */
  public static Credentials of(String accessKeyId, String secretAccessKey, String sessionToken) {
    return new Credentials(accessKeyId, secretAccessKey, sessionToken, null);
  }

  private static void requireHeaderSafe(String field, String value) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException(field + " must not be empty");
    }
    String problem = problem(value);
    if (problem != null) {
      throw new IllegalArgumentException(field + " " + problem);
    }
  }

  /**
   * Returns what is wrong with a key or token, or {@code null}. Names the first character that
   * cannot be sent, and no other.
   */
  static @Nullable String problem(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c <= ' ' || c >= 0x7f) {
        String position =
            i == 0 ? "first" : i == value.length() - 1 ? "last" : "character " + (i + 1);
        return "must be printable ASCII without spaces, but "
            + (position.startsWith("char") ? position : "its " + position + " character")
            + " is "
            + name(c)
            + "; set it without";
      }
    }
    return null;
  }

  private static String name(char c) {
    return switch (c) {
      case ' ' -> "a space";
      case '\t' -> "a tab";
      case '\n' -> "a line feed";
      case '\r' -> "a carriage return";
      case '\u00a0' -> "a no-break space";
      case '\ufeff' -> "a byte order mark";
      default -> String.format(Locale.ROOT, "U+%04X", (int) c);
    };
  }

  /** Shows the first characters of the access key's id. */
  @Override
  public String toString() {
    String shown =
        accessKeyId.length() > 2 * SHOWN ? accessKeyId.substring(0, SHOWN) + "\u2026" : "\u2026";
    return "Credentials[accessKeyId=" + shown + "]";
  }
}
