package io.fleetstop.credentials;

import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A text without its encodings, and where each of its characters stands in the original: a service,
 * or a proxy, may echo a request percent-encoded, escaped for JSON, HTML or a log, or wrapped into
 * lines, also one in another.
 *
 * <p>The work is linear: the number of levels is limited, as is the text by its caller.
 */
final class DecodedText {

  private static final int MAX_LEVELS = 8;
  private static final int MAX_ENTITY = 10;

  /** Stands for no escape; a size and a character otherwise. */
  private static final int NONE = 0;

  private static final int NOTHING = 0;

  private static final Map<String, Character> ENTITIES =
      Map.of(
          "amp", '&', "quot", '"', "apos", '\'', "lt", '<', "gt", '>', "plus", '+', "sol", '/',
          "equals", '=', "bsol", '\\', "percnt", '%');

  private final char[] chars;
  private final int[] starts;
  private final int[] ends;
  private int length;

  private DecodedText(String text) {
    length = text.length();
    chars = text.toCharArray();
    starts = new int[length];
    ends = new int[length];
    for (int i = 0; i < length; i++) {
      starts[i] = i;
      ends[i] = i + 1;
    }
    int level = 0;
    boolean changed = true;
    while (level < MAX_LEVELS && changed) {
      // Escapes before the ends of lines: a soft one begins with a sign that may be escaped itself.
      boolean escaped = replace(this::escapeAt);
      changed = replace(this::lineBreakAt) || escaped;
      level++;
    }
  }

  /** Returns the decoded text, or {@code null} if the text has nothing that may be an encoding. */
  static @Nullable DecodedText of(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == '%' || c == '\\' || c == '&' || c == '=') {
        return new DecodedText(text);
      }
    }
    return null;
  }

  String text() {
    return new String(chars, 0, length);
  }

  /** Where the character at {@code index} starts in the original. */
  int start(int index) {
    return starts[index];
  }

  /** Where the character at {@code index} ends in the original. */
  int end(int index) {
    return ends[index];
  }

  /** Replaces what {@code escapes} finds, in place; returns whether there was anything. */
  private boolean replace(IntUnaryOperator escapes) {
    int written = 0;
    int at = 0;
    boolean changed = false;
    while (at < length) {
      int escape = escapes.applyAsInt(at);
      int size = escape == NONE ? 1 : escape >>> Character.SIZE;
      char decoded = escape == NONE ? chars[at] : (char) escape;
      changed |= escape != NONE;
      if (decoded != NOTHING) {
        chars[written] = decoded;
        starts[written] = starts[at];
        ends[written] = ends[at + size - 1];
        written++;
      }
      at += size;
    }
    length = written;
    return changed;
  }

  private static int escape(int size, int decoded) {
    return decoded < 0 ? NONE : size << Character.SIZE | decoded;
  }

  private int lineBreakAt(int at) {
    if (chars[at] == '=' && (is(at + 1, '\n') || is(at + 1, '\r'))) {
      return escape(1, NOTHING);
    }
    return chars[at] < ' ' ? escape(1 + blanksAfter(at), NOTHING) : NONE;
  }

  private int escapeAt(int at) {
    return switch (chars[at]) {
      case '%' -> is(at + 1, 'u') ? escape(6, hex(at + 2, 4)) : escape(3, hex(at + 1, 2));
      case '=' -> quotedPrintable(at);
      case '\\' -> backslash(at);
      case '&' -> entity(at);
      default -> NONE;
    };
  }

  private boolean is(int at, char wanted) {
    return at < length && chars[at] == wanted;
  }

  /** A wrapped line may be indented. */
  private int blanksAfter(int at) {
    int count = 0;
    while (is(at + count + 1, ' ')) {
      count++;
    }
    return count;
  }

  /** Only what that encoding escapes: the text after an equals sign may be a secret itself. */
  private int quotedPrintable(int at) {
    int decoded = hex(at + 1, 2);
    boolean escaped = decoded > ' ' && decoded < 0x7f && !Character.isLetterOrDigit(decoded);
    return escaped ? escape(3, decoded) : NONE;
  }

  private int backslash(int at) {
    if (at + 1 >= length) {
      return NONE;
    }
    char c = chars[at + 1];
    return switch (c) {
      case 'u' -> escape(6, hex(at + 2, 4));
      case 'x' -> escape(4, hex(at + 2, 2));
      case 'n', 'r', 't' -> escape(2, '\n');
      // An escape may be wrapped, too: the end of the line is removed first.
      default -> c < ' ' ? NONE : escape(2, c);
    };
  }

  private int entity(int at) {
    int end = at + 1;
    while (end < length && chars[end] != ';' && end - at <= MAX_ENTITY) {
      end++;
    }
    if (!is(end, ';')) {
      return NONE;
    }
    int size = end - at + 1;
    if (is(at + 1, '#')) {
      boolean hex = is(at + 2, 'x') || is(at + 2, 'X');
      return escape(size, number(at + (hex ? 3 : 2), end, hex ? 16 : 10));
    }
    Character named = ENTITIES.get(new String(chars, at + 1, size - 2));
    return named == null ? NONE : escape(size, named);
  }

  private int hex(int from, int digits) {
    return number(from, from + digits, 16);
  }

  /** Returns the number, or -1 for none and for one that is not a single character. */
  private int number(int from, int to, int radix) {
    int value = from < to && to <= length ? 0 : -1;
    for (int i = from; i < to && value >= 0; i++) {
      int digit = Character.digit(chars[i], radix);
      value = digit < 0 ? -1 : value * radix + digit;
      value = value > Character.MAX_VALUE ? -1 : value;
    }
    return value;
  }
}
