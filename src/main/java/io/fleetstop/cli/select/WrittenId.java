package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.Confusables;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.credentials.SecretMask;
import io.fleetstop.model.InstanceId;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An id that a person or a tool wrote. The service gives every instance an id that starts with
 * {@code i-}: any other word was meant as something else, and is refused before a call is sent.
 */
final class WrittenId {

  private static final String PREFIX = "i-";
  private static final int MAX_SHOWN = 80;

  /** As ids are written where there are several targets. */
  private static final Pattern TARGETED =
      Pattern.compile("(?:[^/]+/)?([a-z0-9-]{1,64})/(i-[A-Za-z0-9_-]+)");

  private WrittenId() {}

  /**
   * Returns the id of a word of the command line.
   *
   * @throws CommandFailure if it is none, with what may have been meant
   */
  static InstanceId ofWord(String word) {
    try {
      return of(word);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(e.getMessage() + "; " + hint(word));
    }
  }

  /**
   * Returns the id of a text.
   *
   * @throws IllegalArgumentException if it is none, with the rule and the text
   */
  static InstanceId of(String text) {
    if (!text.startsWith(PREFIX)) {
      throw rejected(text, "starts with " + PREFIX);
    }
    if (text.length() > InstanceId.MAX_LENGTH) {
      throw rejected(text, "has at most " + InstanceId.MAX_LENGTH + " characters");
    }
    try {
      return InstanceId.of(text);
    } catch (IllegalArgumentException e) {
      throw rejected(text, "holds letters, digits, '-' and '_' only");
    }
  }

  private static IllegalArgumentException rejected(String text, String rule) {
    return new IllegalArgumentException(
        // A file of keys may be named by mistake.
        '"'
            + TerminalText.escape(shortened(SecretMask.named(text)))
            + "\" is not an instance id, which "
            + rule);
  }

  /** Returns at most {@value #MAX_SHOWN} characters of a text. */
  static String shortened(String text) {
    return text.codePointCount(0, text.length()) <= MAX_SHOWN
        ? text
        : text.substring(0, text.offsetByCodePoints(0, MAX_SHOWN)) + "...";
  }

  private static String hint(String word) {
    String confusable = Confusables.in(word);
    if (confusable != null) {
      return "it has " + confusable;
    }
    if (word.equals(IdFile.STDIN)) {
      return "to read ids from stdin, write --ids-file -";
    }
    if (word.equals("help")) {
      return "for the help, write fleetstop help and the command";
    }
    String ofTarget = targetHint(word);
    if (ofTarget != null) {
      return ofTarget;
    }
    if (isFile(word.startsWith("@") ? word.substring(1) : word)) {
      return word.endsWith(".jsonl")
          ? "to resume the run of a journal, write --journal FILE --resume and what the run"
              + " selected; to read ids from a file, write --ids-file FILE"
          : "to read ids from a file, write --ids-file FILE";
    }
    if (word.indexOf(',') >= 0 || word.indexOf(' ') >= 0) {
      return "separate ids by blanks, without commas and quotes";
    }
    if (word.indexOf('*') >= 0) {
      return "patterns are not supported; select by --tag, --zone or --project";
    }
    return "fleetstop list shows ids and names, and an option value with blanks needs quotes";
  }

  /** Returns how the id of a target is written where there is one, or {@code null} for others. */
  static @Nullable String targetHint(String word) {
    return TARGETED.matcher(word).matches() ? ofOneTarget(word) : null;
  }

  private static String ofOneTarget(String word) {
    return TARGETED
        .matcher(word)
        .replaceFirst(
            "the region is before an id only if there are several targets; for this one, write"
                + " --region $1 and $2");
  }

  private static boolean isFile(String word) {
    try {
      return Files.isRegularFile(Path.of(word));
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
