package io.fleetstop.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.ShutdownOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

class JournalCloseTest {

  @TempDir private Path directory;

  @Test
  void slowDisk_closeTimesOutWithoutError() {
    StopArguments.Safety safety = new StopArguments.Safety();
    safety.journal = directory.resolve("run.jsonl");
    RunJournal journal = new RunJournal(safety);
    journal.fleet(client(), ShutdownOptions.builder().protectTag("").build());
    CountDownLatch disk = new CountDownLatch(1);
    Disposable.Composite busy = occupyBoundedElastic(disk);
    try {
      long start = System.nanoTime();
      journal.close();
      // It waited for a bounded time and threw nothing.
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofSeconds(4), Duration.ofSeconds(20));
    } finally {
      disk.countDown();
      busy.dispose();
    }
  }

  private static Disposable.Composite occupyBoundedElastic(CountDownLatch until) {
    Disposable.Composite busy = Disposables.composite();
    IntStream.range(0, Schedulers.DEFAULT_BOUNDED_ELASTIC_SIZE)
        .forEach(
            i ->
                busy.add(
                    Schedulers.boundedElastic()
                        .schedule(
                            () -> {
                              try {
                                until.await();
                              } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                              }
                            })));
    return busy;
  }

  private static EcsClient client() {
    return EcsClient.builder()
        .region("cn-beijing")
        .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
        .transport((request, maySend) -> Mono.never())
        .build();
  }
}
