package io.fleetstop.sign;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;

/**
 * RFC 3986 as the signature wants it: letters, digits and {@code - _ . ~} stand for themselves,
 * every other byte of the UTF-8 form is a percent sign and two upper-case digits.
 */
final class PercentEncoding {

  private static final String HEX = "0123456789ABCDEF";

  // A table beats nine comparisons, and the signer looks at each character of each query.
  private static final boolean[] UNRESERVED = unreserved();

  private PercentEncoding() {}

  /** Encodes plain text. */
  static String encode(String text) {
    if (isUnreserved(text)) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      i = encodeAt(out, text, i);
    }
    return out.toString();
  }

  /**
   * Brings a part of an address, escapes and all, to its one canonical form. Works byte by byte, so
   * that escapes which are no UTF-8 survive. A plus sign is a plus sign, as in RFC 3986, not the
   * space that HTML forms mean by it.
   *
   * @param kept a further character that stands for itself
   */
  static String normalise(String raw, char kept) {
    StringBuilder out = new StringBuilder(raw.length() + 16);
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '%') {
        // java.net.URI lets no escape through that is not two digits
        byteAt(out, Integer.parseInt(raw, i + 1, i + 3, 16));
        i += 2;
      } else if (c == kept) {
        out.append(c);
      } else {
        i = encodeAt(out, raw, i);
      }
    }
    return out.toString();
  }

  /** Brings a part of an address to its canonical form; only unreserved characters are kept. */
  static String normalise(String raw) {
    return normalise(raw, '-');
  }

  static boolean isUnreserved(char c) {
    return c < UNRESERVED.length && UNRESERVED[c];
  }

  /** Whether a canonical escape, percent sign included, stands at {@code index}. */
  static boolean isCanonicalEscape(String text, int index) {
    if (index + 2 >= text.length()) {
      return false;
    }
    int high = HEX.indexOf(text.charAt(index + 1));
    int low = HEX.indexOf(text.charAt(index + 2));
    return high >= 0 && low >= 0 && !isUnreserved((char) (high << 4 | low));
  }

  private static boolean isUnreserved(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isUnreserved(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /** Encodes the character at {@code index}; returns the index of its last {@code char}. */
  private static int encodeAt(StringBuilder out, String text, int index) {
    int codePoint = text.codePointAt(index);
    if (codePoint < 0x80) {
      byteAt(out, codePoint);
      return index;
    }
    if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
      // The JDK would send a question mark in its place: another value than the one asked for.
      throw new IllegalArgumentException(
          "text must be valid UTF-16, has half a surrogate pair at index " + index);
    }
    for (byte b : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
      byteAt(out, b & 0xff);
    }
    return index + Character.charCount(codePoint) - 1;
  }

  private static void byteAt(StringBuilder out, int value) {
    if (isUnreserved((char) value)) {
      out.append((char) value);
    } else {
      out.append('%').append(HEX.charAt(value >> 4)).append(HEX.charAt(value & 0xf));
    }
  }

  private static boolean[] unreserved() {
    BitSet set = new BitSet(128);
    set.set('a', 'z' + 1);
    set.set('A', 'Z' + 1);
    set.set('0', '9' + 1);
    "-_.~".chars().forEach(set::set);
    boolean[] table = new boolean[128];
    set.stream().forEach(c -> table[c] = true);
    return table;
  }
}
