package io.fleetstop.credentials;

import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * How JSON from outside is read. A name that stands twice in an object makes a text unreadable: of
 * {@code "Error":{…},"Error":null} the last would hide the first. So does a name of more than some
 * 256 bytes.
 */
public final class StrictJson {

  /**
   * A factory keeps the names that it read, up to some thousands. Without a limit on their length,
   * two hundred replies with long names take 400 MB until the client is closed.
   */
  public static final StreamReadConstraints SHORT_NAMES =
      StreamReadConstraints.builder().maxNameLength(256).build();

  private StrictJson() {}

  /** Returns a factory of parsers that keeps its names to itself. */
  public static JsonFactory newFactory() {
    return JsonFactory.builder()
        .streamReadConstraints(SHORT_NAMES)
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .build();
  }
}
