package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The client tokens of a run, derived from its id, the instance and the parameters: the same run
 * started again repeats them, and the service recognises what it has done already.
 */
final class RunTokens {

  /** 160 bits, well within the 64 characters that the service takes. */
  private static final int TOKEN_BYTES = 20;

  private final String run;

  RunTokens(String runId, ShutdownOptions options) {
    this.run =
        String.join(
            "\n",
            runId,
            Boolean.toString(options.isForceStop()),
            options.stoppedMode().wireName(),
            Boolean.toString(options.isDryRun()));
  }

  String tokenFor(InstanceId id) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      byte[] digest = sha256.digest((run + "\n" + id.value()).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, TOKEN_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
