package io.fleetstop.fleet;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.ErrorCode.Scope;
import io.fleetstop.fleet.Sighting.Seen;
import io.fleetstop.fleet.Sighting.StartedAgain;
import io.fleetstop.fleet.Sighting.Unobservable;
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

  /**
   * How many pages in a row that nobody documented (a proxy's 403, say) end the wait: one may pass,
   * and a wrong address would give nothing else.
   */
  private static final int MAX_PAGES = 5;

  private final InstanceId id;
  private final Predicate<State> ends;
  private @Nullable MonoSink<Sighting> sink;
  private boolean wasStopping;
  private int misses;
  private int pages;
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
    pages = 0;
    Sighting sighting = instance == null ? missed() : seen(instance);
    if (sighting != null) {
      end(sighting);
    }
  }

  /** A look that failed: what may pass is looked at again, what cannot pass ends the wait. */
  void failed(EcsException error) {
    if (error.category() == Category.NOT_FOUND) {
      look(null);
    } else if (isFinal(error)) {
      end(new Unobservable(error));
    }
  }

  private boolean isFinal(EcsException error) {
    return switch (error.category()) {
      case AUTH, PERMISSION, REQUEST ->
          error.errorCode().scope() != Scope.UNDOCUMENTED || ++pages >= MAX_PAGES;
      case LOCAL -> error.errorCode().equals(ClientErrors.CLOSED);
      default -> false;
    };
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
