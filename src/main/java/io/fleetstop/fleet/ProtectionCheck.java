package io.fleetstop.fleet;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.fleet.ShutdownOutcome.CallStats;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.InstancePoller;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Decides before an instance is called whether it may be: an instance with the protect tag, or one
 * that is excluded, is not called, and neither is one whose tags cannot be read. A further check
 * decides about the others.
 */
final class ProtectionCheck {

  /** The statistics of an instance that is not called. */
  static final CallStats NO_CALL = new CallStats(0, Duration.ZERO, null);

  private final ShutdownOptions options;
  private final InstancePoller poller;
  private final InstanceCheck further;

  ProtectionCheck(ShutdownOptions options, InstancePoller poller, InstanceCheck further) {
    this.options = options;
    this.poller = poller;
    this.further = further;
  }

  /** Whether instances are described before they are called. */
  boolean isRequired() {
    return further != InstanceCheck.NONE || options.protection().isRequired();
  }

  /**
   * Emits the outcome of an instance that must not be called; empty if it may be.
   *
   * @param mayHaveBeenCalled whether an earlier run may have called the instance
   */
  Mono<ShutdownOutcome> check(InstanceId id, boolean mayHaveBeenCalled) {
    return poller
        .describe(id)
        .map(instance -> Optional.ofNullable(decide(id, instance, mayHaveBeenCalled)))
        .switchIfEmpty(Mono.fromSupplier(() -> onUnreadable(id, notListed(), mayHaveBeenCalled)))
        .onErrorResume(
            failure ->
                Mono.fromSupplier(
                    () ->
                        isUnanswered(failure)
                            ? onUnanswered(id, notChecked(failure), mayHaveBeenCalled)
                            : onUnreadable(id, notChecked(failure), mayHaveBeenCalled)))
        .flatMap(Mono::justOrEmpty);
  }

  /** Returns why the instance must not be called, or {@code null}. */
  static @Nullable String reasonToSkip(Instance instance, ShutdownOptions options) {
    // The tag protects from a stop; a start gives back what a run has stopped.
    String protectTag = options.operation() == Operation.STOP ? options.protectTag() : "";
    if (!protectTag.isEmpty() && instance.isProtectedBy(protectTag, null)) {
      return "it is protected by the tag " + protectTag;
    }
    return options.protection().excludes(instance) ? "it is excluded" : null;
  }

  private @Nullable ShutdownOutcome decide(
      InstanceId id, Instance instance, boolean mayHaveBeenCalled) {
    String reason;
    try {
      reason = reasonToSkip(instance, options);
    } catch (RuntimeException e) {
      // Not the same as tags that cannot be read: an exclusion that fails never lets a stop pass.
      return failed(id, notChecked(e), mayHaveBeenCalled);
    }
    if (reason == null) {
      return mayHaveBeenCalled ? null : further.outcomeOf(id, instance);
    }
    return mayHaveBeenCalled
        ? new Unconfirmed(id, NO_CALL, reason + "; an earlier run may have called it before", null)
        : new Skipped(id, NO_CALL, reason);
  }

  private static boolean isUnanswered(Throwable failure) {
    return failure instanceof EcsException error
        && error.delivery() == Delivery.UNKNOWN
        && error.httpStatus() == null;
  }

  /** Without any reply the instance may even be stopped: that is no failure of it. */
  private Optional<ShutdownOutcome> onUnanswered(
      InstanceId id, EcsException error, boolean mayHaveBeenCalled) {
    return mayHaveBeenCalled || options.isStoppedIfUnreadable()
        ? onUnreadable(id, error, mayHaveBeenCalled)
        : Optional.of(
            new Unconfirmed(
                id,
                NO_CALL,
                "no " + options.operation().noun() + " was sent, and its state is unknown",
                error));
  }

  private Optional<ShutdownOutcome> onUnreadable(
      InstanceId id, EcsException error, boolean mayHaveBeenCalled) {
    if (options.isStoppedIfUnreadable()) {
      return Optional.empty();
    }
    return Optional.of(failed(id, error, mayHaveBeenCalled));
  }

  private static ShutdownOutcome failed(
      InstanceId id, EcsException error, boolean mayHaveBeenCalled) {
    return mayHaveBeenCalled
        ? new Unconfirmed(
            id,
            NO_CALL,
            "its tags cannot be read; an earlier run may have called it before",
            error.mutate().delivery(Delivery.UNKNOWN).build())
        : new Failed(id, NO_CALL, error);
  }

  private EcsException notListed() {
    return EcsException.builder(EcsErrors.INVALID_INSTANCE_NOT_FOUND, Delivery.NOT_SENT)
        .action("DescribeInstances")
        .detail(
            options.operation() == Operation.STOP
                ? "The service does not list the instance, so its tags are unknown. No stop was"
                    + " sent. Check the id and the region"
                : "The service does not list the instance, so no start was sent. It may have been"
                    + " deleted; check the region")
        .build();
  }

  private EcsException notChecked(Throwable failure) {
    EcsException error = EcsExceptions.of(failure, Delivery.NOT_SENT);
    String detail = error.detail();
    String remedy =
        switch (error.category()) {
          case PERMISSION ->
              "Permit ecs:DescribeInstances"
                  + (options.operation() == Operation.STOP
                      ? ", or set an empty protectTag to stop without reading tags"
                      : "");
          case AUTH -> "Correct the credentials";
          default -> "Run it again";
        };
    return error
        .mutate()
        .action("DescribeInstances")
        .delivery(Delivery.NOT_SENT)
        .detail(
            "The instance could not be "
                + (options.operation() == Operation.STOP ? "checked for protection" : "described")
                + ", so no "
                + options.operation().noun()
                + " was sent"
                + (detail == null ? "" : ": " + detail.replaceFirst("[.\\s]+$", ""))
                + ". "
                + remedy)
        .build();
  }
}
