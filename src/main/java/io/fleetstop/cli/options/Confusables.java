package io.fleetstop.cli.options;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Characters that Unicode calls confusable with those of a command line: documents, chats and input
 * methods put them in the place of quotes, hyphens, blanks and the equals sign. No id, tag, region
 * or name of a project has them, so that a word with one selects or protects nothing.
 */
public final class Confusables {

  private static final String DASHES =
      "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uFE58\uFE63\uFF0D";
  private static final String QUOTES =
      "\u2018\u2019\u201A\u201B\u201C\u201D\u201E\u201F\uFF02\uFF07";
  private static final String BLANKS = "\u00A0\u2002\u2003\u2009\u202F\u3000";
  private static final String INVISIBLE = "\u200B\u200C\u200D\u2060\uFEFF";
  private static final char FIRST_WIDE = '\uFF01';
  private static final char LAST_WIDE = '\uFF5E';
  private static final int WIDE_TO_ASCII = 0xFEE0;

  private Confusables() {}

  /** Returns the first such character of a word with what to do, or {@code null}. */
  public static @Nullable String in(String word) {
    for (int i = 0; i < word.length(); i++) {
      String meant = meant(word.charAt(i));
      if (meant != null) {
        return String.format(
            Locale.ROOT,
            "the character U+%04X, which is not %s: type the word on the keyboard, do not paste it",
            (int) word.charAt(i),
            meant);
      }
    }
    return null;
  }

  private static @Nullable String meant(char c) {
    if (DASHES.indexOf(c) >= 0) {
      return "the hyphen -";
    }
    if (QUOTES.indexOf(c) >= 0) {
      return "a quote of the shell";
    }
    if (BLANKS.indexOf(c) >= 0) {
      return "the blank";
    }
    if (INVISIBLE.indexOf(c) >= 0) {
      return "visible";
    }
    return c >= FIRST_WIDE && c <= LAST_WIDE ? "the ASCII " + (char) (c - WIDE_TO_ASCII) : null;
  }
}
