package io.fleetstop.simulation;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** What a service does with {@code StopInstances} that is not documented, drawn from the seed. */
final class BatchBehaviour {

  /** What happens to one instance of a batch that could be stopped. */
  @SuppressWarnings("ImmutableEnumChecker") // an error code is immutable, and may be absent
  enum ItemFault {
    ERROR_BEFORE_EFFECT(EcsErrors.INTERNAL_ERROR, false),
    ERROR_AFTER_EFFECT(EcsErrors.INTERNAL_ERROR, true),
    OMITTED(null, true),
    THROTTLED(GatewayErrors.FLOW_LIMIT_EXCEEDED, false),
    LOCKED(EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED, false);

    private final @Nullable ErrorCode code;
    private final boolean afterEffect;

    ItemFault(@Nullable ErrorCode code, boolean afterEffect) {
      this.code = code;
      this.afterEffect = afterEffect;
    }

    @Nullable ErrorCode code() {
      return code;
    }

    boolean isAfterEffect() {
      return afterEffect;
    }
  }

  private static final ItemFault[] FAULTS = ItemFault.values();

  private final SplittableRandom random;
  private final double faultRate;
  private final boolean replayed;
  private final boolean shuffled;
  private final boolean rejectedAsAWhole;
  private final int firstDenied;
  private int calls;

  private BatchBehaviour(SplittableRandom random, double faultRate) {
    this.random = random;
    this.faultRate = faultRate;
    this.replayed = random.nextBoolean();
    this.shuffled = random.nextBoolean();
    this.rejectedAsAWhole = random.nextInt(4) == 0;
    this.firstDenied = random.nextInt(10) == 0 ? random.nextInt(5) : Integer.MAX_VALUE;
  }

  static BatchBehaviour draw(SplittableRandom random, double faultRate) {
    return new BatchBehaviour(random.split(), faultRate);
  }

  /** Whether a repeated token gets the first reply again; otherwise the call is made again. */
  boolean isReplayed() {
    return replayed;
  }

  /** Whether one instance that cannot be stopped rejects the whole call. */
  boolean isRejectedAsAWhole() {
    return rejectedAsAWhole;
  }

  /** Whether the caller may not use the action, or no longer; asked once a call. */
  boolean isDenied() {
    return calls++ >= firstDenied;
  }

  @Nullable ItemFault fault() {
    return random.nextDouble() < faultRate / 2 ? FAULTS[random.nextInt(FAULTS.length)] : null;
  }

  /** The instances in the order of the reply. */
  List<String> inOrder(List<String> details) {
    List<String> ordered = new ArrayList<>(details);
    for (int i = ordered.size(); shuffled && i > 1; i--) {
      ordered.add(ordered.remove(random.nextInt(i)));
    }
    return ordered;
  }
}
