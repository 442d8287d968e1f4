package io.fleetstop.credentials;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds secrets in a text, and all parts of them that have at least {@value #MIN_FRAGMENT}
 * characters, wherever they start. A shorter secret is found whole, and one of less than {@value
 * #MIN_SECRET} not at all.
 *
 * <p>A text of ordinary length is passed over at 1.6 operations for each character: every part of
 * 12 characters contains a part of 8 that starts at a multiple of 5, and a filter of hashes knows
 * whether such a part may be one of a secret.
 */
final class SecretFragments {

  static final int MIN_FRAGMENT = 12;

  /** A shorter one is no secret of the platform, but may be a part of any word. */
  static final int MIN_SECRET = 6;

  private static final int GRAM = 8;
  private static final int STEP = MIN_FRAGMENT - GRAM + 1;
  private static final int BITS_PER_GRAM = 128;
  private static final long MIX = 0x9E3779B97F4A7C15L;

  private final List<String> longSecrets = new ArrayList<>();
  private final List<String> shortSecrets = new ArrayList<>();
  private final long[] filter;
  private final int shift;
  private @Nullable Set<String> fragments;

  SecretFragments(List<String> secrets) {
    int grams = 1;
    for (String secret : secrets) {
      grams += add(secret);
      DecodedText decoded = DecodedText.of(secret);
      grams += decoded == null ? 0 : add(decoded.text());
    }
    int size = Integer.highestOneBit(Math.max(GRAM, grams) * BITS_PER_GRAM);
    filter = new long[size / Long.SIZE];
    shift = Long.SIZE - Integer.numberOfTrailingZeros(size);
    for (String secret : longSecrets) {
      for (int at = 0; at + GRAM <= secret.length(); at++) {
        long hash = hash(secret, at);
        filter[word(hash)] |= bit(hash);
        filter[word(hash * MIX)] |= bit(hash * MIX);
      }
    }
  }

  private int add(String secret) {
    // A form is decoded with blanks for plus signs.
    String plain = secret.replace(' ', '+');
    if (plain.length() >= MIN_SECRET) {
      (plain.length() < MIN_FRAGMENT ? shortSecrets : longSecrets).add(plain);
    }
    return plain.length();
  }

  private int word(long hash) {
    return (int) (hash >>> shift) / Long.SIZE;
  }

  private long bit(long hash) {
    return 1L << (hash >>> shift);
  }

  private static long hash(String text, int at) {
    long packed = 0;
    for (int i = at; i < at + GRAM; i++) {
      packed = packed << 7 ^ text.charAt(i);
    }
    return packed * MIX;
  }

  private boolean mayBeGram(String text, int at) {
    long hash = hash(text, at);
    return (filter[word(hash)] & bit(hash)) != 0
        && (filter[word(hash * MIX)] & bit(hash * MIX)) != 0;
  }

  /**
   * Returns the positions of secrets and their parts, or {@code null} for none.
   *
   * @param shortOnes whether to find also secrets of less than {@value #MIN_FRAGMENT} characters
   */
  @Nullable BitSet find(String text, boolean shortOnes) {
    String plain = text.replace(' ', '+');
    BitSet found = null;
    for (int at = 0; at + GRAM <= plain.length(); at += STEP) {
      if (mayBeGram(plain, at)) {
        int last = Math.min(at, plain.length() - MIN_FRAGMENT);
        for (int start = Math.max(0, at - STEP + 1); start <= last; start++) {
          if (fragments().contains(plain.substring(start, start + MIN_FRAGMENT))) {
            found = found == null ? new BitSet(plain.length()) : found;
            found.set(start, start + MIN_FRAGMENT);
          }
        }
      }
    }
    for (String secret : shortOnes ? shortSecrets : List.<String>of()) {
      for (int at = plain.indexOf(secret); at >= 0; at = plain.indexOf(secret, at + 1)) {
        found = found == null ? new BitSet(plain.length()) : found;
        found.set(at, at + secret.length());
      }
    }
    return found;
  }

  /** Few texts get past the filter, so the fragments are made when one does. */
  private Set<String> fragments() {
    Set<String> made = fragments;
    if (made == null) {
      made = new HashSet<>();
      for (String secret : longSecrets) {
        for (int at = 0; at + MIN_FRAGMENT <= secret.length(); at++) {
          made.add(secret.substring(at, at + MIN_FRAGMENT));
        }
      }
      fragments = made;
    }
    return made;
  }

  /**
   * Whether the text has a secret, or such a part of it, without an encoding. For the short texts
   * of each call, as nothing is prepared: of each part, one character is at a multiple of its size.
   *
   * @param from where the secret starts in {@code holder}
   */
  static boolean isIn(String text, String holder, int from) {
    int size = Math.min(MIN_FRAGMENT, holder.length() - from);
    if (size < MIN_SECRET) {
      return false;
    }
    for (int anchor = size - 1; anchor < text.length(); anchor += size) {
      char c = text.charAt(anchor);
      for (int at = holder.indexOf(c, from); at >= 0; at = holder.indexOf(c, at + 1)) {
        if (commonRun(text, anchor, holder, at, from) >= size) {
          return true;
        }
      }
    }
    return false;
  }

  private static int commonRun(String text, int anchor, String holder, int at, int from) {
    int before = 0;
    while (before < anchor
        && before < at - from
        && text.charAt(anchor - before - 1) == holder.charAt(at - before - 1)) {
      before++;
    }
    int after = 1;
    while (anchor + after < text.length()
        && at + after < holder.length()
        && text.charAt(anchor + after) == holder.charAt(at + after)) {
      after++;
    }
    return before + after;
  }
}
