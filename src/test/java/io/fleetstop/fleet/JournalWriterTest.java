package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class JournalWriterTest {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Disk disk = new Disk();
  private final JournalWriter writer =
      new JournalWriter(disk, e -> new IllegalStateException(e.getMessage(), e));

  /** A disk whose force can be delayed or fail. */
  private static final class Disk implements JournalWriter.Storage {

    final ByteArrayOutputStream written = new ByteArrayOutputStream();
    final CountDownLatch release = new CountDownLatch(1);
    volatile boolean held;
    volatile boolean full;
    final AtomicInteger forces = new AtomicInteger();
    volatile int forced;
    final AtomicInteger closed = new AtomicInteger();

    @Override
    public void append(ByteBuffer bytes) throws IOException {
      if (full) {
        throw new IOException("No space left on device");
      }
      byte[] lines = new byte[bytes.remaining()];
      bytes.get(lines);
      written.writeBytes(lines);
    }

    @Override
    public void force() throws IOException {
      hold();
      forces.incrementAndGet();
      forced = written.size();
    }

    private void hold() throws IOException {
      try {
        if (held && !release.await(10, TimeUnit.SECONDS)) {
          throw new IOException("never released");
        }
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }

    @Override
    public void close() {
      closed.incrementAndGet();
    }
  }

  private Mono<Void> durably(String line) {
    return writer.writeDurably(() -> (line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private Mono<Void> plainly(String line) {
    return writer.write(() -> (line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void writesDuringAForce_shareTheNextForce() {
    disk.held = true;
    Mono<Void> first = durably("first").cache();
    first.subscribe();
    Mono<Void> others = Flux.range(0, 1_000).flatMap(i -> durably("i-" + i), 1_000).then().cache();
    others.subscribe();
    disk.release.countDown();

    Flux.merge(first, others).blockLast(PATIENCE);
    assertThat(disk.forces.get()).isLessThanOrEqualTo(3);
    assertThat(disk.forced).isEqualTo(disk.written.size());
    assertThat(disk.written.toString(StandardCharsets.UTF_8).lines()).hasSize(1_001);
  }

  @Test
  void durableWrite_isForced() {
    durably("first").block(PATIENCE);

    assertThat(disk.forces.get()).isEqualTo(1);
    assertThat(disk.forced).isEqualTo("first\n".length());
  }

  @Test
  void plainWrite_isForcedWithNextDurableOne() {
    plainly("outcome").block(PATIENCE);
    assertThat(disk.forces.get()).isZero();
    assertThat(disk.written.size()).isEqualTo("outcome\n".length());

    durably("intent").block(PATIENCE);
    assertThat(disk.forced).isEqualTo("outcome\nintent\n".length());
  }

  @Test
  void close_forcesRemainingWrites() {
    plainly("outcome").block(PATIENCE);
    writer.close().block(PATIENCE);
    writer.close().block(PATIENCE);

    assertThat(disk.forced).isEqualTo("outcome\n".length());
    assertThat(disk.closed.get()).isEqualTo(1);
    assertThatThrownBy(() -> plainly("late").block(PATIENCE)).hasMessage("it is closed");
  }

  @Test
  void failedWrite_isTheLastOne() {
    durably("first").block(PATIENCE);
    disk.full = true;
    assertThatThrownBy(() -> durably("second").block(PATIENCE))
        .hasMessage("No space left on device");
    disk.full = false;

    assertThatThrownBy(() -> plainly("third").block(PATIENCE))
        .hasMessage("No space left on device");
    writer.close().block(PATIENCE);
    assertThat(disk.closed.get()).isEqualTo(1);
    assertThat(disk.written.toString(StandardCharsets.UTF_8)).isEqualTo("first\n");
  }

  @Test
  void writesFromManyThreads_allComplete() {
    Flux.range(0, 20_000)
        .parallel(4)
        .runOn(Schedulers.parallel())
        .flatMap(i -> i % 2 == 0 ? durably("i-" + i) : plainly("i-" + i), false, 64)
        .sequential()
        .blockLast(Duration.ofSeconds(30));

    assertThat(disk.written.toString(StandardCharsets.UTF_8).lines().distinct()).hasSize(20_000);
    assertThat(disk.forces.get()).isPositive();
  }

  @Test
  void javaError_failsAllPendingWrites() {
    Mono<Void> broken =
        writer.write(
            () -> {
              throw new OutOfMemoryError("on purpose");
            });

    assertThatThrownBy(() -> broken.block(PATIENCE)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> writer.write(() -> new byte[] {1}).block(PATIENCE))
        .isInstanceOf(IllegalStateException.class);
    writer.close().block(PATIENCE);

    assertThat(disk.written.size()).isZero();
    assertThat(disk.closed).hasValue(1);
  }

  @Test
  void rejectedTask_failsPendingWrites() {
    Schedulers.onScheduleHook(
        "shut",
        task -> {
          throw new RejectedExecutionException("shut");
        });
    try {
      StepVerifier.create(durably("a"))
          .expectError(RejectedExecutionException.class)
          .verify(PATIENCE);
    } finally {
      Schedulers.resetOnScheduleHook("shut");
    }
    StepVerifier.create(plainly("b")).expectErrorMessage("shut").verify(PATIENCE);
    assertThat(disk.written.size()).isZero();
  }
}
