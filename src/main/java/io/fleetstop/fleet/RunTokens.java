package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StartInstance;
import io.fleetstop.model.StopInstance;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * Derives the client tokens of a run from the run id, the instance id and the parameters. A resumed
 * run derives the same tokens, so that the service recognises requests that it has processed. Not
 * thread-safe: it reuses one digest, because a new one per token would allocate half a kilobyte.
 */
final class RunTokens {

  /** 160 bits are 40 hexadecimal characters; the service accepts up to 64. */
  private static final int TOKEN_BYTES = 20;

  private final MessageDigest sha256;
  private final byte[] run;
  private final ShutdownOptions options;

  RunTokens(String runId, ShutdownOptions options) {
    this.options = options;
    this.run = prefix(runId, options).getBytes(StandardCharsets.UTF_8);
    try {
      this.sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must provide SHA-256", e);
    }
  }

  private static String prefix(String runId, ShutdownOptions options) {
    String dryRun = Boolean.toString(options.isDryRun());
    return options.operation() == Operation.START
        ? String.join("\n", runId, "start", dryRun, "")
        : String.join(
            "\n",
            runId,
            Boolean.toString(options.isForceStop()),
            options.stoppedMode().wireName(),
            dryRun,
            "");
  }

  /** Returns the call for one instance, each time with the same token. */
  Mono<Acceptance> call(EcsClient client, InstanceId id) {
    if (options.operation() == Operation.START) {
      StartInstance start =
          StartInstance.builder(id).dryRun(options.isDryRun()).clientToken(tokenFor(id)).build();
      return Mono.defer(() -> client.startInstance(start))
          .map(result -> new Acceptance(result.requestId(), result.attempts()));
    }
    StopInstance stop = requestFor(id);
    return Mono.defer(() -> client.stopInstance(stop))
        .map(result -> new Acceptance(result.requestId(), result.attempts()));
  }

  /** Returns the request to stop one instance, with its token. */
  StopInstance requestFor(InstanceId id) {
    return StopInstance.builder(id)
        .forceStop(options.isForceStop())
        .stoppedMode(options.stoppedMode())
        .dryRun(options.isDryRun())
        .clientToken(tokenFor(id))
        .build();
  }

  /** Returns the token of a batch; its number tells it from another one with the same members. */
  String tokenFor(long number, List<InstanceId> ids) {
    sha256.update(run);
    sha256.update(("batch\n" + number + "\n").getBytes(StandardCharsets.UTF_8));
    for (InstanceId id : ids) {
      sha256.update(id.value().getBytes(StandardCharsets.UTF_8));
      sha256.update((byte) '\n');
    }
    return HexFormat.of().formatHex(sha256.digest(), 0, TOKEN_BYTES);
  }

  String tokenFor(InstanceId id) {
    sha256.update(run);
    byte[] digest = sha256.digest(id.value().getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest, 0, TOKEN_BYTES);
  }
}
