package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SerialTasksTest {

  private static final int THREADS = 4;
  private static final int TASKS = 20_000;

  private final List<String> ran = new ArrayList<>();
  private final SerialTasks tasks = new SerialTasks(() -> ran.add("after"));

  @Test
  void taskOfATask_runsAfterItAndBeforeTheEnd() {
    tasks.execute(
        () -> {
          tasks.execute(() -> ran.add("inner"));
          ran.add("outer");
        });

    assertThat(ran).startsWith("outer", "inner", "after");
  }

  @Test
  void failingTask_keepsNoOtherFromRunning() {
    assertThatThrownBy(
            () ->
                tasks.execute(
                    () -> {
                      tasks.execute(() -> ran.add("next"));
                      throw new IllegalStateException("broken");
                    }))
        .hasMessage("broken");
    tasks.execute(() -> ran.add("later"));

    assertThat(ran).contains("next", "later");
  }

  @Test
  void tasksOfSeveralThreads_runOneAtATime() throws InterruptedException {
    // Neither volatile nor locked: only serial tasks count right.
    int[] count = {0};
    SerialTasks shared = new SerialTasks(() -> {});
    CountDownLatch done = new CountDownLatch(THREADS * TASKS);
    for (int i = 0; i < THREADS; i++) {
      new Thread(
              () -> {
                for (int task = 0; task < TASKS; task++) {
                  shared.execute(
                      () -> {
                        count[0]++;
                        done.countDown();
                      });
                }
              })
          .start();
    }

    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(count[0]).isEqualTo(THREADS * TASKS);
  }
}
