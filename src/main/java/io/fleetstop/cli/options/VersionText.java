package io.fleetstop.cli.options;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The text of {@code --version}. */
public final class VersionText implements IVersionProvider {

  private static final String RESOURCE = "/io/fleetstop/transport/version.properties";

  @Override
  public String[] getVersion() throws IOException {
    Properties properties = new Properties();
    try (InputStream resource = VersionText.class.getResourceAsStream(RESOURCE)) {
      if (resource != null) {
        properties.load(resource);
      }
    }
    return new String[] {
      "fleetstop "
          + properties.getProperty("version", "unknown")
          + " (Java "
          + Runtime.version().feature()
          + ")"
    };
  }
}
