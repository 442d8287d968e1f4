package io.fleetstop.cli.options;

import io.fleetstop.cli.options.FilterArguments.TagMatch;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.StopInstance.StoppedMode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converters of option values. An error names the rule and the value; picocli adds the option. */
public final class Converters {

  /** The longest duration of an option. */
  private static final Duration MAX = Duration.ofDays(365);

  private static final Pattern SHORT_TIME = Pattern.compile("(\\d{1,12})(ms|s|m|h)");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,9}(\\.\\d{1,9})?");
  private static final Pattern WHOLE = Pattern.compile("\\d{1,9}");

  private Converters() {}

  /** A time of 1 ms to 365 days. */
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

  /** A time of 0 to 365 days. */
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
        throw rejected("must be a number above 0, as 4 or 0.5", value);
      }
      return number;
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
      throw rejected("must be a whole number, as 10, or 0% to 100%", value);
    }
  }

  /** Cumulative wave sizes, for example {@code 1%,10%,500}. */
  public static class WaveSizes implements ITypeConverter<Waves> {
    private static final String RULE =
        "must be numbers from 1 on, or above 0% and up to 100%, with commas between, as 5,10%,100%";

    @Override
    public Waves convert(String value) {
      String[] words = value.split(",", -1);
      Waves.Size[] sizes = new Waves.Size[words.length];
      for (int i = 0; i < words.length; i++) {
        sizes[i] = size(words[i], value);
      }
      try {
        return Waves.of(sizes);
      } catch (IllegalArgumentException e) {
        throw rejected("each wave must reach further than the previous one", value);
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

  /** A stopped mode, as spelled by the API. */
  public static class Mode implements ITypeConverter<StoppedMode> {
    @Override
    public StoppedMode convert(String value) {
      for (StoppedMode mode : StoppedMode.values()) {
        if (mode.wireName().equals(value)) {
          return mode;
        }
      }
      throw rejected("must be KeepCharging or StopCharging", value);
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

  /** An output format of a list. */
  public static class Listed implements ITypeConverter<OutputFormat> {
    @Override
    public OutputFormat convert(String value) {
      return switch (value) {
        case "text" -> OutputFormat.TEXT;
        case "jsonl" -> OutputFormat.JSONL;
        case "ids" -> OutputFormat.IDS;
        default -> throw rejected("must be text, jsonl or ids", value);
      };
    }
  }

  /** An output format. */
  public static class Format implements ITypeConverter<OutputFormat> {
    @Override
    public OutputFormat convert(String value) {
      return switch (value) {
        case "text" -> OutputFormat.TEXT;
        case "jsonl" -> OutputFormat.JSONL;
        default -> throw rejected("must be text or jsonl", value);
      };
    }
  }

  private static Duration duration(String value) {
    Matcher time = SHORT_TIME.matcher(value);
    if (time.matches()) {
      long amount = Long.parseLong(time.group(1));
      return switch (time.group(2)) {
        case "ms" -> Duration.ofMillis(amount);
        case "s" -> Duration.ofSeconds(amount);
        case "m" -> Duration.ofMinutes(amount);
        default -> Duration.ofHours(amount);
      };
    }
    try {
      return Duration.parse(value);
    } catch (DateTimeParseException e) {
      throw rejected("must be a time, as 500ms, 10s, 5m, 1h or PT1M30S", value);
    }
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

    /** The formats of outcomes and codes. */
    public static final class Formats implements Iterable<String> {
      @Override
      public Iterator<String> iterator() {
        return List.of("text", "jsonl").iterator();
      }
    }

    /** The formats of a list. */
    public static final class ListFormats implements Iterable<String> {
      @Override
      public Iterator<String> iterator() {
        return List.of("text", "jsonl", "ids").iterator();
      }
    }
  }
}
