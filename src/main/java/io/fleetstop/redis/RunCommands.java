package io.fleetstop.redis;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.lettuce.core.RedisException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The scripts and the errors of one shared run. */
final class RunCommands {

  private final RedisConnection redis;
  private final String runId;
  private final RunKeys keys;
  private final List<String> keyList;

  RunCommands(RedisConnection redis, String runId) {
    this.redis = redis;
    this.runId = runId;
    this.keys = new RunKeys(runId);
    this.keyList = keys.all();
  }

  String runId() {
    return runId;
  }

  RunKeys keys() {
    return keys;
  }

  RedisConnection redis() {
    return redis;
  }

  Mono<List<Object>> call(RedisScript script, List<String> arguments) {
    return redis
        .run(script, keyList, arguments, reply -> reply)
        .onErrorMap(redis::withoutServerText)
        // What follows must not delay the replies of others.
        .publishOn(Schedulers.parallel());
  }

  SharedRunStatus status(List<?> reply) {
    try {
      return SharedRunStatus.of(runId, reply);
    } catch (IllegalArgumentException | ClassCastException | IndexOutOfBoundsException unreadable) {
      throw damaged();
    }
  }

  /** Returns the status of a reply, or an error if the run does not exist. */
  Mono<SharedRunStatus> statusOf(List<Object> reply) {
    return reply.get(0).equals("gone")
        ? Mono.error(gone())
        : Mono.fromSupplier(() -> status((List<?>) reply.get(1)));
  }

  /** The values themselves are not shown: anything may be in them. */
  EcsException damaged() {
    return failure(
        "its keys in Redis are not those of a run: something else has changed them", null);
  }

  /** The run has another parameter than the one that this process agreed to. */
  EcsException changed(String field) {
    return failure(
        "its field "
            + field
            + " in Redis was changed after this process joined, and no worker may do that. Nothing"
            + " more is called. Find out what writes to its keys, and start another run",
        null);
  }

  /** Returns the failure of an exchange with Redis. */
  EcsException failureOf(Throwable error) {
    if (error instanceof EcsException known) {
      return known;
    }
    return error instanceof RedisException || error instanceof RedisSetupException
        ? failure("Redis does not answer", error)
        : damaged();
  }

  EcsException gone() {
    return failure(
        "Redis has no run with this id: the id is mistyped, or the run was deleted, has expired, or"
            + " was lost with a restart of Redis. It is not created again: correct the id, or start"
            + " a run with another one",
        null);
  }

  EcsException failure(String reason, @Nullable Throwable cause) {
    return EcsException.builder(ClientErrors.JOURNAL_FAILED, Delivery.NOT_SENT)
        .detail("The shared run " + runId + " at " + redis.address() + " cannot be used: " + reason)
        .cause(cause)
        .build();
  }
}
