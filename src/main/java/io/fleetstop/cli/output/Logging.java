package io.fleetstop.cli.output;

import java.util.LinkedHashMap;
import java.util.Map;

/** Configures the logger, which reads its settings once, when the first logger is created. */
public final class Logging {

  private static final String PREFIX = "org.slf4j.simpleLogger.";

  private Logging() {}

  /** Logs warnings to stderr, and with {@code verbose} also what fleetstop logs at debug level. */
  public static void configure(boolean verbose) {
    settings(verbose).forEach(Logging::setIfAbsent);
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
    settings.put(PREFIX + "showThreadName", "false");
    settings.put(PREFIX + "showDateTime", Boolean.toString(verbose));
    settings.put(PREFIX + "dateTimeFormat", "HH:mm:ss.SSS");
    settings.put(PREFIX + "levelInBrackets", "true");
    return settings;
  }

  private static void setIfAbsent(String key, String value) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, value);
    }
  }
}
