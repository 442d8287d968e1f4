package io.fleetstop.cli.run;

import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.fleet.ShutdownProgress;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;

/** A run whose operations are those of another object. */
record DelegatingRun(
    Supplier<Flux<OutcomeLine>> outcomesSource,
    Runnable onPause,
    Runnable onResume,
    Runnable onDrain,
    Supplier<ShutdownProgress> progressSource)
    implements RunHandle {

  @Override
  public Flux<OutcomeLine> outcomes() {
    return outcomesSource.get();
  }

  @Override
  public void pause() {
    onPause.run();
  }

  @Override
  public void resume() {
    onResume.run();
  }

  @Override
  public void drain() {
    onDrain.run();
  }

  @Override
  public ShutdownProgress progress() {
    return progressSource.get();
  }
}
