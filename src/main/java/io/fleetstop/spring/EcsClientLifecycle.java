package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.observe.CallListener;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Mono;

/**
 * Lets the calls of a client finish when the application stops, and closes it when its beans are
 * destroyed. Neither waits on the thread that asks.
 */
final class EcsClientLifecycle implements SmartLifecycle, DisposableBean {

  /** After web servers, which stop at 1,024 and 2,048 below, and whoever depends on them. */
  static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 4_096;

  private static final Logger LOG = LoggerFactory.getLogger(EcsClientLifecycle.class);

  private final CallsInFlight calls;
  private final Duration timeout;
  private volatile @Nullable EcsClient client;
  private volatile boolean isRunning;

  EcsClientLifecycle(CallsInFlight calls, Duration timeout) {
    this.calls = calls;
    this.timeout = timeout;
  }

  /** Who has to hear of the client's calls. */
  CallListener calls() {
    return calls;
  }

  /** Sees to this client. */
  EcsClient closes(EcsClient made) {
    client = made;
    return made;
  }

  @Override
  public void start() {
    isRunning = true;
  }

  @Override
  public void stop() {
    stop(() -> {});
  }

  /** Calls back when no call runs any more, or the time is up. */
  @Override
  public void stop(Runnable callback) {
    isRunning = false;
    calls
        .whenIdle()
        .timeout(timeout, Mono.fromRunnable(this::warn))
        .doFinally(signal -> callback.run())
        .subscribe();
  }

  private void warn() {
    LOG.warn(
        "{} calls are still running after {}; they end with the client", calls.running(), timeout);
  }

  @Override
  public boolean isRunning() {
    return isRunning;
  }

  @Override
  public int getPhase() {
    return PHASE;
  }

  @Override
  public void destroy() {
    EcsClient made = client;
    if (made != null) {
      made.disposeLater()
          .subscribe(nothing -> {}, failure -> LOG.warn("The client could not be closed", failure));
    }
  }
}
