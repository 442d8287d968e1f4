package io.fleetstop.cli.output;

import io.fleetstop.cli.options.CommandFailure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Configures the logger, which reads its settings once, when the first logger is created. */
public final class Logging {

  private static final String PREFIX = "org.slf4j.simpleLogger.";

  /** That of the file, if it is the one of {@code System.err}. */
  private static volatile @Nullable PrintStream toFile;

  private Logging() {}

  /**
   * Logs warnings to stderr, and with {@code verbose} also what fleetstop logs at debug level. With
   * a file, everything at debug level goes to the file.
   *
   * @param file the file of {@code --log-file}, or {@code null}
   * @throws CommandFailure if the file cannot be used
   */
  public static void configure(boolean verbose, @Nullable Path file, PrintStream err) {
    Map<String, String> settings = settings(verbose);
    if (file != null) {
      // Its own stream: the terminal does not write to System.err.
      PrintStream log =
          new PrintStream(
              new Lines(new Split(opened(file), file, verbose, err)), true, StandardCharsets.UTF_8);
      System.setErr(log);
      settings = fileSettings();
      toFile = log;
    }
    settings.forEach(System.getProperties()::putIfAbsent);
  }

  /**
   * Passes what is logged to {@code target} line by line, on the thread that logs.
   *
   * @return restores the previous stream
   */
  static Runnable passTo(Consumer<String> target) {
    PrintStream before = System.err;
    if (before.equals(toFile)) {
      return () -> {};
    }
    System.setErr(new PrintStream(new Lines(target), true, StandardCharsets.UTF_8));
    return () -> System.setErr(before);
  }

  private static LogFile opened(Path file) {
    try {
      return LogFile.open(file, LogFile.MAX_BYTES);
    } catch (IOException e) {
      throw CommandFailure.usage(
          "--log-file: "
              + file
              + " cannot be written: "
              + (String.valueOf(e.getMessage()).equals(file.toAbsolutePath().toString())
                  ? "nothing can be created there; name a file in a directory that you may write to"
                  : e.getMessage()));
    }
  }

  static Map<String, String> settings(boolean verbose) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(PREFIX + "defaultLogLevel", "warn");
    settings.put(PREFIX + "log.io.fleetstop", verbose ? "debug" : "warn");
    // An interrupt cancels calls that wait for a connection; each then drops an error with its
    // stack trace.
    settings.put(PREFIX + "log.reactor.core.publisher.Operators", verbose ? "error" : "off");
    // Reactor Netty logs each failed exchange with its stack trace; the outcome names the error
    // already.
    settings.put(PREFIX + "log.reactor.netty", verbose ? "error" : "off");
    settings.put(PREFIX + "log.io.netty", verbose ? "error" : "off");
    // The driver of Redis repeats that the server is away; our own warning names it once.
    settings.put(PREFIX + "log.io.lettuce", verbose ? "error" : "off");
    // Commands print that Redis is away, and that it is back.
    settings.put(PREFIX + "log.io.fleetstop.redis.RedisConnection", verbose ? "debug" : "error");
    settings.put(PREFIX + "showThreadName", "false");
    settings.put(PREFIX + "showDateTime", Boolean.toString(verbose));
    settings.put(PREFIX + "dateTimeFormat", "HH:mm:ss.SSS");
    settings.put(PREFIX + "levelInBrackets", Boolean.toString(verbose));
    if (!verbose) {
      // For people: which class warns matters only to who reads the log.
      settings.put(PREFIX + "warnLevelString", "warning:");
      settings.put(PREFIX + "showLogName", "false");
    }
    return settings;
  }

  private static Map<String, String> fileSettings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(PREFIX + "defaultLogLevel", "debug");
    // At debug level the driver of Redis logs each reply, which may repeat the password.
    settings.put(PREFIX + "log.io.lettuce", "info");
    settings.put(PREFIX + "showThreadName", "true");
    settings.put(PREFIX + "showDateTime", "true");
    settings.put(PREFIX + "dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
    settings.put(PREFIX + "levelInBrackets", "true");
    return settings;
  }

  /** Passes whole lines on. */
  static final class Lines extends OutputStream {

    private final Consumer<String> target;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    Lines(Consumer<String> target) {
      this.target = target;
    }

    @Override
    public synchronized void write(int b) {
      if (b != '\n') {
        line.write(b);
        return;
      }
      String text = line.toString(StandardCharsets.UTF_8);
      line.reset();
      target.accept(text);
    }
  }

  /** Writes each line to the log, and with {@code --verbose} those of fleetstop to stderr, too. */
  static final class Split implements Consumer<String> {

    private static final Pattern ENTRY =
        Pattern.compile("(\\S+) \\[.*?\\] \\[(\\w+)\\s*\\] (\\S+) - .*", Pattern.DOTALL);

    private static final int TIME_OF_DAY = "yyyy-MM-ddT".length();
    private static final int TIME_END = TIME_OF_DAY + "HH:mm:ss.SSS".length();

    private final LogFile log;
    private final Path file;
    private final boolean verbose;
    private final PrintStream err;
    private boolean failed;

    Split(LogFile log, Path file, boolean verbose, PrintStream err) {
      this.log = log;
      this.file = file;
      this.verbose = verbose;
      this.err = err;
    }

    @Override
    public synchronized void accept(String text) {
      if (verbose) {
        show(text);
      }
      try {
        if (!failed) {
          log.line(text);
        }
      } catch (IOException e) {
        failed = true;
        Progress.NONE.print(
            err,
            "fleetstop: the log file "
                + TerminalText.escape(file.toString())
                + " cannot be written: "
                + TerminalText.escape(String.valueOf(e.getMessage()))
                + "; the run continues without it");
      }
    }

    private void show(String text) {
      Matcher entry = ENTRY.matcher(text);
      if (entry.matches() && entry.group(3).startsWith("io.fleetstop.")) {
        String time = entry.group(1);
        Progress.NONE.print(
            err,
            (time.length() < TIME_END ? time : time.substring(TIME_OF_DAY, TIME_END))
                + text.substring(text.indexOf("] [") + 1));
      }
    }
  }
}
