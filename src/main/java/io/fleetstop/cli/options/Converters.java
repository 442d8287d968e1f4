package io.fleetstop.cli.options;

import io.fleetstop.cli.options.FilterArguments.TagMatch;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.Instance;
import io.fleetstop.model.StopInstance.StoppedMode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converters of option values. An error names the rule and the value; picocli adds the option. */
public final class Converters {

  /** The longest duration of an option. */
  private static final Duration MAX = Duration.ofDays(365);

  private static final Pattern SHORT_TIME =
      Pattern.compile(
          "(?:(\\d{1,12})d)?(?:(\\d{1,12})h)?(?:(\\d{1,12})m)?"
              + "(?:(\\d{1,12})s)?(?:(\\d{1,12})ms)?");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,9}(\\.\\d{1,9})?");
  private static final Pattern WHOLE = Pattern.compile("\\d{1,9}");

  /** Further apart, a suggestion would be a guess. */
  private static final int MAX_DISTANCE = 2;

  private Converters() {}

  /** A duration from 1 ms to 365 days. */
  public static class Time implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      Duration time = duration(value);
      if (time.compareTo(Duration.ofMillis(1)) < 0 || time.compareTo(MAX) > 0) {
        throw rejected("must be 1ms to 365 days", value);
      }
      return time;
    }
  }

  /** A duration from 0 to 365 days. */
  public static class TimeOrZero implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      Duration time = duration(value);
      if (time.isNegative() || time.compareTo(MAX) > 0) {
        throw rejected("must be 0s to 365 days", value);
      }
      return time;
    }
  }

  /** A whole number of at least 1. */
  public static class Count implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      int number = WHOLE.matcher(value).matches() ? Integer.parseInt(value) : 0;
      if (number < 1) {
        throw rejected("must be a whole number from 1 to 999999999", value);
      }
      return number;
    }
  }

  /** A whole number, which may be 0. */
  public static class CountOrNone implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      if (!WHOLE.matcher(value).matches()) {
        throw rejected("must be a whole number from 0 to 999999999", value);
      }
      return Integer.parseInt(value);
    }
  }

  /** A port. */
  public static class Port implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      int number = WHOLE.matcher(value).matches() ? Integer.parseInt(value) : 0;
      if (number < 1 || number > 65_535) {
        throw rejected("must be a port from 1 to 65535", value);
      }
      return number;
    }
  }

  /** A number above zero. */
  public static class Rate implements ITypeConverter<Double> {
    @Override
    public Double convert(String value) {
      double number = NUMBER.matcher(value).matches() ? Double.parseDouble(value) : 0;
      if (!(number > 0)) {
        throw rejected("must be a decimal number above 0, such as 4 or 0.5", value);
      }
      return number;
    }
  }

  /** The seed of random numbers. */
  public static class Seed implements ITypeConverter<Long> {
    @Override
    public Long convert(String value) {
      try {
        return Long.parseLong(value);
      } catch (NumberFormatException e) {
        throw rejected("must be a whole number such as 7", value);
      }
    }
  }

  /** A failure limit, for example {@code 10} or {@code 5%}. */
  public static class Failures implements ITypeConverter<FailureLimit> {
    @Override
    public FailureLimit convert(String value) {
      boolean percent = value.endsWith("%");
      String number = percent ? value.substring(0, value.length() - 1) : value;
      if (percent && NUMBER.matcher(number).matches() && Double.parseDouble(number) <= 100) {
        return FailureLimit.percent(Double.parseDouble(number));
      }
      if (!percent && WHOLE.matcher(number).matches()) {
        return FailureLimit.count(Long.parseLong(number));
      }
      throw rejected("must be a whole number such as 10, or 0% to 100%", value);
    }
  }

  /** Cumulative wave sizes, for example {@code 1%,10%,500}. */
  public static class WaveSizes implements ITypeConverter<Waves> {
    private static final String RULE =
        "must be whole numbers of at least 1, or percentages above 0% and up to 100%, "
            + "separated by commas, such as 5,10%,100%";

    @Override
    public Waves convert(String value) {
      String[] words = value.split(",", -1);
      Waves.Size[] sizes = new Waves.Size[words.length];
      for (int i = 0; i < words.length; i++) {
        sizes[i] = size(words[i].strip(), value);
      }
      try {
        return Waves.of(sizes);
      } catch (IllegalArgumentException e) {
        throw rejected("sizes are cumulative, so each must exceed the previous one", value);
      }
    }

    private static Waves.Size size(String word, String value) {
      boolean percent = word.endsWith("%");
      String number = percent ? word.substring(0, word.length() - 1) : word;
      try {
        if (percent && NUMBER.matcher(number).matches()) {
          return Waves.Size.percent(Double.parseDouble(number));
        }
        if (!percent && WHOLE.matcher(number).matches()) {
          return Waves.Size.count(Long.parseLong(number));
        }
      } catch (IllegalArgumentException e) {
        throw rejected(RULE, value);
      }
      throw rejected(RULE, value);
    }
  }

  /** A word of a closed set; case does not matter. */
  public abstract static class Word<T> implements ITypeConverter<T> {
    private final Map<String, T> words = new LinkedHashMap<>();

    protected Word(Collection<T> values, Function<T, String> name) {
      values.forEach(value -> words.put(name.apply(value), value));
    }

    @Override
    public T convert(String value) {
      for (Map.Entry<String, T> word : words.entrySet()) {
        if (word.getKey().equalsIgnoreCase(value)) {
          return word.getValue();
        }
      }
      String last = "";
      StringBuilder rule = new StringBuilder("must be ");
      for (Iterator<String> names = words.keySet().iterator(); names.hasNext(); ) {
        String name = names.next();
        rule.append(last.isEmpty() ? "" : names.hasNext() ? ", " : " or ").append(name);
        last = name;
      }
      String nearest = nearest(value, words.keySet());
      TypeConversionException rejection = rejected(rule.toString(), value);
      throw nearest == null
          ? rejection
          : new TypeConversionException(rejection.getMessage() + ": did you mean " + nearest + "?");
    }
  }

  /** Returns the word that differs from {@code value} in one or two letters, or {@code null}. */
  public static @Nullable String nearest(String value, Collection<String> words) {
    String nearest = null;
    int least = Math.min(MAX_DISTANCE, value.length() / 2) + 1;
    for (String word : words) {
      int distance = distance(value.toLowerCase(Locale.ROOT), word.toLowerCase(Locale.ROOT));
      if (distance < least) {
        least = distance;
        nearest = word;
      }
    }
    return nearest;
  }

  /** Returns the number of letters to insert, remove or replace. */
  private static int distance(String one, String other) {
    int[] previous = new int[other.length() + 1];
    Arrays.setAll(previous, i -> i);
    for (int i = 1; i <= one.length(); i++) {
      int[] row = new int[previous.length];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = previous[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, 1 + Math.min(row[j - 1], previous[j]));
      }
      previous = row;
    }
    return previous[other.length()];
  }

  /** A stopped mode. */
  public static class Mode extends Word<StoppedMode> {
    public Mode() {
      super(List.of(StoppedMode.values()), StoppedMode::wireName);
    }
  }

  /** A status of an instance. */
  public static class Status extends Word<Instance.State> {
    public Status() {
      super(
          Arrays.stream(Instance.State.values())
              .filter(state -> state != Instance.State.UNRECOGNIZED)
              .toList(),
          Instance.State::name);
    }
  }

  /** A tag: {@code key} or {@code key=value}. */
  public static class Tag implements ITypeConverter<TagMatch> {
    @Override
    public TagMatch convert(String value) {
      try {
        return TagMatch.of(value);
      } catch (IllegalArgumentException e) {
        throw rejected(String.valueOf(e.getMessage()), value);
      }
    }
  }

  /** A file. */
  public static class File implements ITypeConverter<Path> {
    @Override
    public Path convert(String value) {
      if (value.isEmpty()) {
        throw rejected("must be the path of a file", value);
      }
      try {
        return Path.of(value);
      } catch (InvalidPathException e) {
        throw rejected(
            "must be a path that the locale can express: set LC_ALL=C.UTF-8, or rename the file",
            value);
      }
    }
  }

  /** An output format of instances. */
  public static class Format extends Word<OutputFormat> {
    public Format() {
      super(List.of(OutputFormat.values()), Converters::lowerCase);
    }
  }

  /** An output format of anything else. */
  public static class TextOrJsonl extends Word<OutputFormat> {
    public TextOrJsonl() {
      super(List.of(OutputFormat.TEXT, OutputFormat.JSONL), Converters::lowerCase);
    }
  }

  private static String lowerCase(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static Duration duration(String value) {
    Matcher time = SHORT_TIME.matcher(value.toLowerCase(Locale.ROOT));
    if (!value.isEmpty() && time.matches()) {
      return Duration.ofDays(amount(time, 1))
          .plusHours(amount(time, 2))
          .plusMinutes(amount(time, 3))
          .plusSeconds(amount(time, 4))
          .plusMillis(amount(time, 5));
    }
    try {
      return Duration.parse(value);
    } catch (DateTimeParseException e) {
      throw rejected("must be a duration such as 500ms, 90s, 5m, 1h30m, 1d or PT1M30S", value);
    }
  }

  private static long amount(Matcher time, int unit) {
    String digits = time.group(unit);
    return digits == null ? 0 : Long.parseLong(digits);
  }

  private static TypeConversionException rejected(String rule, String value) {
    return new TypeConversionException(rule + ", was \"" + value + "\"");
  }

  /** Completion candidates of option values. */
  public static final class Candidates {

    private Candidates() {}

    /** The stopped modes, as spelled by the API. */
    static final class Modes implements Iterable<String> {
      @Override
      public Iterator<String> iterator() {
        return Arrays.stream(StoppedMode.values()).map(StoppedMode::wireName).iterator();
      }
    }

    /** The public regions. */
    static final class Regions implements Iterable<String> {
      @Override
      public Iterator<String> iterator() {
        return RegionNames.PUBLIC.iterator();
      }
    }

    /** The statuses. */
    static final class Statuses implements Iterable<String> {
      @Override
      public Iterator<String> iterator() {
        return Arrays.stream(Instance.State.values())
            .filter(state -> state != Instance.State.UNRECOGNIZED)
            .map(Instance.State::name)
            .iterator();
      }
    }

    /** The formats of instances. */
    public static final class Formats implements Iterable<String> {
      @Override
      public Iterator<String> iterator() {
        return Arrays.stream(OutputFormat.values()).map(Converters::lowerCase).iterator();
      }
    }

    /** The formats of anything else. */
    public static final class TextAndJsonl implements Iterable<String> {
      @Override
      public Iterator<String> iterator() {
        return List.of("text", "jsonl").iterator();
      }
    }
  }
}
