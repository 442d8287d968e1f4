package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;

/**
 * Where the targets of a run wait for one another at the end of a wave. The last one to arrive
 * evaluates the failures of all and asks for the approval of the next wave, once; a target whose
 * run has terminated is not waited for.
 */
final class WaveBarrier implements WaveGate.Control {

  private final Set<Target> running;
  private final Map<Target, MonoSink<Boolean>> waiting = new LinkedHashMap<>();
  private final SerialTasks tasks = new SerialTasks(this::advance);
  private final Sinks.Empty<Void> ended = Sinks.empty();
  private final WaveGate gate;
  private final Supplier<ShutdownProgress> progress;
  private final Consumer<EcsException> onExceeded;

  /**
   * Creates a barrier.
   *
   * @param ends the number of instances of all targets at the end of each wave
   * @param progress returns that of all targets
   * @param onExceeded ends the run of every target
   */
  WaveBarrier(
      Collection<Target> targets,
      List<Long> ends,
      @Nullable WaveApproval approval,
      FailureLimit limit,
      Supplier<ShutdownProgress> progress,
      Consumer<EcsException> onExceeded) {
    this.running = new HashSet<>(targets);
    Waves waves = Waves.ofShares(ends);
    this.gate = new WaveGate(approval == null ? waves : waves.approvedBy(approval), limit, this);
    this.progress = progress;
    this.onExceeded = onExceeded;
  }

  /** Returns the number of the current wave, starting at 1. */
  int number() {
    return gate.number();
  }

  /** Emits whether the next wave starts, once every other target is at the end of this one. */
  Mono<Boolean> arrive(Target target) {
    return Mono.create(sink -> tasks.execute(() -> waiting.put(target, sink)));
  }

  /** Removes a target whose run has terminated. */
  void leave(Target target) {
    tasks.execute(
        () -> {
          running.remove(target);
          waiting.remove(target);
          if (running.isEmpty()) {
            ended.tryEmitEmpty();
          }
        });
  }

  private void advance() {
    if (waiting.isEmpty() || !waiting.keySet().containsAll(running)) {
      return;
    }
    ShutdownProgress now = progress.get();
    MonoSink<Boolean> any = waiting.values().iterator().next();
    if (gate.tryAdvance(now.failures(), now.outcomes(), any.contextView())) {
      answer(sink -> sink.success(true));
    }
  }

  private void answer(Consumer<MonoSink<Boolean>> answer) {
    List<MonoSink<Boolean>> all = List.copyOf(waiting.values());
    waiting.clear();
    all.forEach(answer);
  }

  @Override
  public void onLimitExceeded(String reason) {
    onExceeded.accept(StopErrors.budgetExhausted(reason));
  }

  @Override
  public void onRefused(@Nullable Throwable error) {
    tasks.execute(
        () ->
            answer(
                sink -> {
                  if (error == null) {
                    sink.success(false);
                  } else {
                    sink.error(error);
                  }
                }));
  }

  @Override
  public void reevaluate() {
    tasks.run();
  }

  @Override
  public Mono<Void> stopped() {
    return ended.asMono();
  }
}
