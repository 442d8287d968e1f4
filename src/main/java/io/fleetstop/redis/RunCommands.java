package io.fleetstop.redis;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.lettuce.core.Range;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The scripts and the errors of one shared run. */
final class RunCommands {

  /** The field of an entry of the outcomes. */
  static final String OUTCOME = "o";

  /** Parts of errors of Redis, in all versions, about a key or what a script has read from it. */
  private static final List<String> DAMAGE =
      List.of(
          "WRONGTYPE",
          "not an integer",
          "would overflow",
          "target stream top item",
          "exhausted the last possible ID",
          "attempt to ",
          "bad argument",
          "must be strings or integers");

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
        .onErrorMap(error -> isDamage(error) ? damaged() : redis.withoutServerText(error))
        // What follows must not delay the replies of others.
        .publishOn(Schedulers.parallel());
  }

  /** Whether the run has this entry, with this text. */
  Mono<Boolean> hasOutcome(String entry, String text) {
    return redis
        .commands()
        .xrange(keys.outcomes(), Range.create(entry, entry))
        .any(found -> text.equals(found.getBody().get(OUTCOME)))
        .onErrorMap(error -> isDamage(error) ? damaged() : redis.withoutServerText(error))
        .publishOn(Schedulers.parallel());
  }

  /** Whether a command failed because of what is in the keys: it fails each time. */
  private static boolean isDamage(Throwable error) {
    String text = String.valueOf(error.getMessage());
    return error instanceof RedisCommandExecutionException
        && DAMAGE.stream().anyMatch(text::contains);
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
    return damaged("its keys in Redis are not those of a run");
  }

  /** Returns the error of counts that contradict each other. */
  EcsException contradicting(SharedRunStatus status) {
    return damaged("it " + status.contradiction());
  }

  private EcsException damaged(String what) {
    return failure(
        what
            + ": something else has changed them, or Redis has lost a part. It is damaged: start a"
            + " run with another id, which finds the instances that are stopped",
        null);
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
