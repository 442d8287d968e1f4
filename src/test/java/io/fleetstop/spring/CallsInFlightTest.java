package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.util.context.Context;

class CallsInFlightTest {

  private final CallsInFlight calls = new CallsInFlight();
  private final AtomicInteger completions = new AtomicInteger();

  private void await() {
    calls.whenIdle().subscribe(nothing -> {}, error -> {}, completions::incrementAndGet);
  }

  private void start() {
    calls.callStarted("StopInstance", Context.empty());
  }

  private void end() {
    calls.callSucceeded("StopInstance", 1, Duration.ZERO, Context.empty());
  }

  @Test
  void lastCallEnds_allWaitersComplete() {
    start();
    start();
    await();
    await();
    end();
    assertThat(completions).hasValue(0);
    end();
    assertThat(completions).hasValue(2);
  }

  @Test
  void laterWaiter_waitsForLaterCalls() {
    await();
    assertThat(completions).hasValue(1);
    start();
    await();
    assertThat(completions).hasValue(1);
    end();
    assertThat(completions).hasValue(2);
  }
}
