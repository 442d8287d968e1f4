package io.fleetstop.transport;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The value of the {@code User-Agent} header. */
final class UserAgent {

  private static final String VERSION = version();

  private UserAgent() {}

  static String of(String applicationName) {
    String own = "fleetstop/" + VERSION + " (java/" + Runtime.version().feature() + ")";
    return applicationName.isEmpty() ? own : own + " " + applicationName;
  }

  private static String version() {
    try (InputStream resource = UserAgent.class.getResourceAsStream("version.properties")) {
      Properties properties = new Properties();
      if (resource != null) {
        properties.load(resource);
      }
      return properties.getProperty("version", "unknown");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
