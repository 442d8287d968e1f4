package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.observe.CallListener;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Mono;

/**
 * Lets the calls of a client finish when the application stops, and closes the client when the
 * beans are destroyed. Blocks no thread.
 */
final class EcsClientLifecycle implements SmartLifecycle, DisposableBean {

  /** Later than web servers, which stop 1,024 and 2,048 below the default phase. */
  static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 4_096;

  private static final Logger LOG = LoggerFactory.getLogger(EcsClientLifecycle.class);

  private final CallsInFlight calls;
  private final LastReply lastReply = new LastReply();
  private final Duration timeout;
  private volatile @Nullable EcsClient client;
  private volatile boolean running;

  EcsClientLifecycle(CallsInFlight calls, Duration timeout) {
    this.calls = calls;
    this.timeout = timeout;
  }

  /** Returns the listener that the client must report its calls to. */
  CallListener listener() {
    return CallListener.all(List.of(calls, lastReply));
  }

  CallsInFlight calls() {
    return calls;
  }

  LastReply lastReply() {
    return lastReply;
  }

  /** Closes {@code newClient} with the application; returns it. */
  EcsClient manage(EcsClient newClient) {
    client = newClient;
    return newClient;
  }

  @Override
  public void start() {
    running = true;
  }

  @Override
  public void stop() {
    stop(() -> {});
  }

  /** Calls back when no call is in flight or the timeout has elapsed. */
  @Override
  public void stop(Runnable callback) {
    running = false;
    calls
        .whenIdle()
        .timeout(timeout, Mono.fromRunnable(this::logUnfinishedCalls))
        .doFinally(signal -> callback.run())
        .subscribe();
  }

  private void logUnfinishedCalls() {
    LOG.warn(
        "{} calls are still in flight after {} and are cancelled with the client; raise"
            + " fleetstop.close-timeout to let them finish",
        calls.running(),
        timeout);
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public int getPhase() {
    return PHASE;
  }

  @Override
  public void destroy() {
    EcsClient newClient = client;
    if (newClient != null) {
      newClient
          .closeAsync()
          .subscribe(
              nothing -> {},
              failure ->
                  LOG.warn(
                      "Closing the client failed; its connections may stay open until the process ends",
                      failure));
    }
  }
}
