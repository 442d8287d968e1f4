package io.fleetstop.micrometer;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.micrometer.FleetstopObservation.Events;
import io.fleetstop.observe.CallListener;
import io.fleetstop.observe.CallSubject;
import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Creates one observation for each call; the handlers of the registry turn it into metrics and
 * traces. Pass it to {@link io.fleetstop.EcsClientBuilder#listener}; {@link CallListener#all} adds
 * others.
 *
 * <p>The observation starts on subscription and stops before the subscriber is notified of the end.
 * Its parent is the observation in the subscriber's context, if there is one, and it is in the
 * context of the call itself: credentials providers and transports that are observed are its
 * children. With Reactor's automatic context propagation, the current span of the thread and of its
 * logs is that of the call too, on every thread that continues it.
 *
 * <p>Immutable and thread-safe. A registry without handlers has negligible cost.
 */
public final class ObservationCallListener implements CallListener {

  private final ObservationRegistry registry;
  private final @Nullable CallObservationConvention convention;

  private ObservationCallListener(
      ObservationRegistry registry, @Nullable CallObservationConvention convention) {
    this.registry = Objects.requireNonNull(registry, "registry");
    this.convention = convention;
  }

  /**
   * Creates observations with the convention of the registry, or {@link
   * DefaultCallObservationConvention}.
   */
  public static ObservationCallListener of(ObservationRegistry registry) {
    return new ObservationCallListener(registry, null);
  }

  /** Creates observations with this convention. */
  public static ObservationCallListener of(
      ObservationRegistry registry, CallObservationConvention convention) {
    return new ObservationCallListener(registry, Objects.requireNonNull(convention, "convention"));
  }

  @Override
  public Context callContext(CallSubject subject, Context context) {
    Observation observation =
        FleetstopObservation.CALL.observation(
            convention,
            DefaultCallObservationConvention.INSTANCE,
            () -> new CallObservationContext(subject),
            registry);
    if (observation.isNoop()) {
      // A nested call must not be mistaken for the outer observed one.
      return context.hasKey(this) ? context.put(this, observation) : context;
    }
    Observation parent = context.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
    observation.parentObservation(parent);
    // Started before it is in the context: automatic propagation makes it current immediately.
    observation.start();
    return context.put(ObservationThreadLocalAccessor.KEY, observation).put(this, observation);
  }

  @Override
  public void attemptStarted(String action, int attempt, ContextView context) {
    observed(context, (observation, call) -> call.attempt(attempt));
  }

  @Override
  public void attemptSent(String action, int attempt, ContextView context) {
    observed(context, (observation, call) -> observation.event(Events.SENT.format(attempt)));
  }

  @Override
  public void attemptSucceeded(
      String action, int attempt, int httpStatus, String requestId, ContextView context) {
    observed(context, (observation, call) -> call.answered(httpStatus, requestId));
  }

  @Override
  public void attemptFailed(String action, int attempt, EcsException failure, ContextView context) {
    observed(
        context, (observation, call) -> call.answered(failure.httpStatus(), failure.requestId()));
  }

  @Override
  public void retryDecided(String action, int attempt, EcsException failure, ContextView context) {
    observed(context, (observation, call) -> retry(observation, call, failure));
  }

  /** The counter of retries has the code of the failed attempt; the call may still succeed. */
  private static void retry(
      Observation observation, CallObservationContext call, EcsException failure) {
    KeyValue code = DefaultCallObservationConvention.errorCode(failure.errorCode());
    KeyValue before = call.getLowCardinalityKeyValue(code.getKey());
    call.addLowCardinalityKeyValue(code);
    observation.event(Events.RETRY.format(failure.errorCode().code()));
    if (before == null) {
      call.removeLowCardinalityKeyValue(code.getKey());
    } else {
      call.addLowCardinalityKeyValue(before);
    }
  }

  @Override
  public void callSucceeded(String action, int attempts, Duration elapsed, ContextView context) {
    end(context, (observation, call) -> call.succeeded());
  }

  @Override
  public void callFailed(
      String action, EcsException failure, Duration elapsed, ContextView context) {
    end(context, (observation, call) -> observation.error(failure));
  }

  @Override
  public void callCancelled(
      String action, Delivery delivery, Duration elapsed, ContextView context) {
    end(context, (observation, call) -> call.cancelled(delivery));
  }

  private void end(
      ContextView context, BiConsumer<Observation, CallObservationContext> conclusion) {
    observed(
        context,
        (observation, call) -> {
          if (call.end()) {
            try {
              conclusion.accept(observation, call);
            } finally {
              // Stopped even if a handler throws: otherwise it stays active forever.
              observation.stop();
            }
          }
        });
  }

  private void observed(
      ContextView context, BiConsumer<Observation, CallObservationContext> event) {
    Observation observation = context.getOrDefault(this, null);
    if (observation != null
        && observation.getContext() instanceof CallObservationContext call
        && !call.hasEnded()) {
      event.accept(observation, call);
    }
  }
}
