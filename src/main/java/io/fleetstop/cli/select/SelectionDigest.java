package io.fleetstop.cli.select;

import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.model.InstanceId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Collectors;

/** What a command line selects, as a short text that is the same for the same ids or filters. */
public final class SelectionDigest {

  private SelectionDigest() {}

  /** Whether a command line selects instances: by ids, files or filters. */
  public static boolean isSelecting(StopArguments options) {
    return options.filters.isGiven() || !options.ids.isEmpty() || !options.which.files().isEmpty();
  }

  /** Returns the digest of what a command line selects. */
  public static String of(StopArguments options, FleetSelector selector) {
    String selection =
        options.filters.isGiven()
            ? "filters " + options.filters
            : selector.named.stream()
                .map(InstanceId::value)
                .sorted()
                .collect(Collectors.joining(","));
    try {
      byte[] text = selection.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must provide SHA-256", e);
    }
  }
}
