package io.fleetstop.fleet;

import io.fleetstop.fleet.Sighting.Seen;
import io.fleetstop.fleet.Sighting.StartedAgain;
import io.fleetstop.fleet.Sighting.Vanished;
import io.fleetstop.model.Instance;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/**
 * One instance that is waited for. Looks at it come one after another; what they mean is decided
 * here.
 */
final class Watch {

  /**
   * How many looks in a row must miss an instance before it counts as gone: a list may lag behind
   * for a moment, and a stopped instance must not be called failed for it.
   */
  private static final int MISSES = 3;

  private final InstanceId id;
  private final Predicate<State> ends;
  private @Nullable MonoSink<Sighting> sink;
  private boolean wasStopping;
  private int misses;
  private volatile @Nullable String lastStatus;

  Watch(InstanceId id, Predicate<State> ends) {
    this.id = id;
    this.ends = ends;
  }

  /** Where the end of the wait is told; before the first look. */
  void tell(MonoSink<Sighting> sink) {
    this.sink = sink;
  }

  InstanceId id() {
    return id;
  }

  @Nullable String lastStatus() {
    return lastStatus;
  }

  void look(@Nullable Instance instance) {
    Sighting sighting = instance == null ? missed() : seen(instance);
    if (sighting != null) {
      end(sighting);
    }
  }

  void end(Sighting sighting) {
    if (sink != null) {
      sink.success(sighting);
    }
  }

  private @Nullable Sighting missed() {
    return ++misses >= MISSES ? new Vanished() : null;
  }

  private @Nullable Sighting seen(Instance instance) {
    misses = 0;
    lastStatus = instance.status();
    State state = instance.state();
    if (ends.test(state)) {
      return new Seen(state, instance.status());
    }
    if (wasStopping && (state == State.RUNNING || state == State.STARTING)) {
      return new StartedAgain(instance.status());
    }
    wasStopping |= state == State.STOPPING || state == State.STOPPED;
    return null;
  }
}
