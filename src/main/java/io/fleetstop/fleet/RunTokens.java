package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The client tokens of a run, derived from its id, the instance and the parameters: the same run
 * started again repeats them, and the service recognises what it has done already. For one thread
 * at a time, as ids are taken up: a digest for each token would take half a kilobyte.
 */
final class RunTokens {

  /** 160 bits, well within the 64 characters that the service takes. */
  private static final int TOKEN_BYTES = 20;

  private final MessageDigest sha256;
  private final byte[] run;

  RunTokens(String runId, ShutdownOptions options) {
    this.run =
        String.join(
                "\n",
                runId,
                Boolean.toString(options.isForceStop()),
                options.stoppedMode().wireName(),
                Boolean.toString(options.isDryRun()),
                "")
            .getBytes(StandardCharsets.UTF_8);
    try {
      this.sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  String tokenFor(InstanceId id) {
    sha256.update(run);
    byte[] digest = sha256.digest(id.value().getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest, 0, TOKEN_BYTES);
  }
}
