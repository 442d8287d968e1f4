package io.fleetstop.arch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The list of words that this code base avoids, and the search for them. */
final class PrivateWords {

  private static final Pattern ENTRY =
      Pattern.compile("(?<kind>word|name|phrase)\\s*\\|(?<term>.*)\\|(?<instead>[^|]*)");
  private static final Pattern WORD = Pattern.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])");

  private static final Pattern IDENTIFIER = Pattern.compile("\\b[A-Za-z_]\\w*");

  /** Text blocks, comments, strings and characters: what is no code in a Java source. */
  private static final Pattern NO_CODE =
      Pattern.compile(
          "\"\"\"[\\s\\S]*?\"\"\"|/\\*[\\s\\S]*?\\*/|//[^\\n]*"
              + "|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\])'");

  /** What begins a line of a comment, and what continues a string literal on the next line. */
  private static final Pattern SEAM =
      Pattern.compile("(?m)^[ \\t]*(?:\\*(?!/)|//|#)[ \\t]?|\"\\s*\\n\\s*\\+ \"");

  private final Set<String> words;
  private final Set<String> names;
  private final List<Pattern> phrases;

  private PrivateWords(Set<String> words, Set<String> names, List<Pattern> phrases) {
    this.words = words;
    this.names = names;
    this.phrases = phrases;
  }

  static PrivateWords read(Path list) throws IOException {
    List<Matcher> entries =
        Files.readAllLines(list).stream()
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .map(PrivateWords::entry)
            .toList();
    return new PrivateWords(
        terms(entries, "word").collect(Collectors.toUnmodifiableSet()),
        terms(entries, "name").collect(Collectors.toUnmodifiableSet()),
        terms(entries, "phrase")
            .map(term -> term.replace(" ", "\\s+"))
            .map(term -> Pattern.compile(term, Pattern.CASE_INSENSITIVE))
            .toList());
  }

  private static Matcher entry(String line) {
    // A regular expression may hold bars: the kind is before the first, the advice behind the last.
    Matcher entry = ENTRY.matcher(line);
    if (!entry.matches()) {
      throw new IllegalArgumentException("not an entry of the list: " + line);
    }
    return entry;
  }

  private static Stream<String> terms(List<Matcher> entries, String kind) {
    return entries.stream()
        .filter(entry -> entry.group("kind").equals(kind))
        .map(entry -> entry.group("term").strip());
  }

  /** Returns each finding in the file as "path:line: the text found". */
  List<String> findIn(Path file) {
    try {
      return findIn(file.toString(), Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> findIn(String name, String text) {
    List<String> found = new ArrayList<>();
    Matcher word = WORD.matcher(text);
    while (word.find()) {
      if (words.contains(word.group().toLowerCase(Locale.ROOT))) {
        found.add(finding(name, text, word.start(), word.group()));
      }
    }
    String prose = SEAM.matcher(text).replaceAll(seam -> blank(seam.group()));
    for (Pattern phrase : phrases) {
      Matcher matcher = phrase.matcher(prose);
      while (matcher.find()) {
        found.add(finding(name, text, matcher.start(), matcher.group()));
      }
    }
    if (name.endsWith(".java")) {
      findInIdentifiers(name, text, found);
    }
    return found;
  }

  /** A name in camel case or in capitals is prose without its spaces. */
  private void findInIdentifiers(String name, String text, List<String> found) {
    String code = NO_CODE.matcher(text).replaceAll(other -> blank(other.group()));
    Matcher identifier = IDENTIFIER.matcher(code);
    while (identifier.find()) {
      List<String> parts =
          WORD.matcher(identifier.group())
              .results()
              .map(part -> part.group().toLowerCase(Locale.ROOT))
              .toList();
      String spelled = String.join(" ", parts);
      if (parts.stream().anyMatch(names::contains)
          || (parts.size() > 1 && phrases.stream().anyMatch(p -> p.matcher(spelled).find()))) {
        found.add(finding(name, text, identifier.start(), identifier.group()));
      }
    }
  }

  /** Keeps the offsets and the line ends of the text. */
  private static String blank(String seam) {
    return seam.replaceAll("[^\\n]", " ");
  }

  private static String finding(String name, String text, int offset, String found) {
    long line = text.substring(0, offset).chars().filter(c -> c == '\n').count() + 1;
    return name + ":" + line + ": " + found.replaceAll("\\s+", " ");
  }
}
