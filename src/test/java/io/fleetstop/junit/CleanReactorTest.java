package io.fleetstop.junit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CleanReactorTest {

  @Test
  @Order(1)
  void firstTest_leavesVirtualTimeAndHooks() {
    VirtualTimeScheduler.getOrSet();
    Hooks.onLastOperator(
        publisher -> {
          throw new IllegalStateException("left behind");
        });

    assertThat(VirtualTimeScheduler.isFactoryEnabled()).isTrue();
  }

  @Test
  @Order(2)
  void nextTest_findsNeither() {
    assertThat(VirtualTimeScheduler.isFactoryEnabled()).isFalse();
    assertThat(Mono.just("clean").block()).isEqualTo("clean");
  }
}
