package io.fleetstop.fleet;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Schedulers;

/**
 * Group commit: what has come while the disk was busy is written together and forced once, so that
 * the disk does not set the pace. One task at a time writes, on {@code
 * Schedulers.boundedElastic()}; what waits is bounded by those who wait for it.
 *
 * <p>The first failure is the last write: after a write or a force that failed, nobody knows what
 * the disk holds.
 */
final class JournalWriter {

  /** How much is written before those who wait for it are told. */
  private static final int MAX_BATCH = 1_024;

  /** Where lines go. Used by one thread at a time. */
  interface Storage {

    void append(ByteBuffer bytes) throws IOException;

    /** Returns when all that was appended would survive a loss of power. */
    void force() throws IOException;

    void close() throws IOException;
  }

  /** How far a line must have come before its writer goes on. */
  private enum Until {
    WRITTEN,
    FORCED,
    CLOSED
  }

  private record Entry(Supplier<byte[]> line, Until until, MonoSink<Void> sink) {}

  private final Storage storage;
  private final Function<Exception, RuntimeException> asFailure;
  private final Queue<Entry> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger work = new AtomicInteger();
  // Touched by the writing task only.
  private @Nullable Exception failure;
  private boolean closed;

  /**
   * A writer.
   *
   * @param asFailure what those who wait are told when writing has failed
   */
  JournalWriter(Storage storage, Function<Exception, RuntimeException> asFailure) {
    this.storage = storage;
    this.asFailure = asFailure;
  }

  /** Completes when the line would survive the end of this process, on a thread of parallel(). */
  Mono<Void> write(Supplier<byte[]> line) {
    return enqueue(line, Until.WRITTEN);
  }

  /** Completes when the line would survive a loss of power, on a thread of parallel(). */
  Mono<Void> writeDurably(Supplier<byte[]> line) {
    return enqueue(line, Until.FORCED);
  }

  /** Forces what was written and closes the storage, once. */
  Mono<Void> close() {
    return enqueue(() -> new byte[0], Until.CLOSED);
  }

  // What comes after must not run on the writing task: it would keep the disk idle.
  private Mono<Void> enqueue(Supplier<byte[]> line, Until until) {
    return Mono.<Void>create(
            sink -> {
              queue.add(new Entry(line, until, sink));
              if (work.getAndIncrement() == 0) {
                begin();
              }
            })
        .publishOn(Schedulers.parallel());
  }

  private void begin() {
    try {
      Schedulers.boundedElastic().schedule(this::drain);
    } catch (RejectedExecutionException e) {
      failure = failure == null ? e : failure;
      // Writes nothing any more, so this thread may do it.
      drain();
    }
  }

  private void drain() {
    int seen = 1;
    do {
      for (List<Entry> batch = next(); !batch.isEmpty(); batch = next()) {
        commit(batch);
      }
      seen = work.addAndGet(-seen);
    } while (seen != 0);
  }

  private List<Entry> next() {
    List<Entry> batch = new ArrayList<>();
    for (Entry entry = queue.poll(); entry != null; entry = queue.poll()) {
      batch.add(entry);
      if (entry.until() == Until.CLOSED || batch.size() == MAX_BATCH) {
        break;
      }
    }
    return batch;
  }

  private void commit(List<Entry> batch) {
    List<Entry> untold = batch;
    try {
      append(batch);
      untold = tell(untold, Until.WRITTEN);
      if (!untold.isEmpty()) {
        force();
        untold = tell(untold, Until.FORCED);
      }
    } catch (Throwable thrown) {
      // Errors too: whoever waits would wait for ever.
      RuntimeException told = asFailure.apply(failed(thrown));
      untold.stream()
          .filter(entry -> entry.until() != Until.CLOSED)
          .forEach(entry -> entry.sink().error(told));
    }
    Entry last = batch.get(batch.size() - 1);
    if (last.until() == Until.CLOSED) {
      end(last);
    }
  }

  private void append(List<Entry> batch) throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    batch.forEach(entry -> lines.writeBytes(entry.line().get()));
    if (lines.size() > 0) {
      requireUsable();
      storage.append(ByteBuffer.wrap(lines.toByteArray()));
    }
  }

  private void force() throws IOException {
    if (!closed) {
      requireUsable();
      storage.force();
    }
  }

  private void requireUsable() throws IOException {
    if (failure != null) {
      throw new IOException("it failed before", failure);
    }
    if (closed) {
      throw new IOException("it is closed");
    }
  }

  /** Tells those who waited for so much, and gives the others. */
  private static List<Entry> tell(List<Entry> batch, Until reached) {
    List<Entry> others = new ArrayList<>();
    for (Entry entry : batch) {
      if (entry.until() == reached) {
        entry.sink().success();
      } else {
        others.add(entry);
      }
    }
    return others;
  }

  private void end(Entry closing) {
    if (!closed) {
      closed = true;
      try {
        storage.close();
      } catch (Throwable thrown) {
        failed(thrown);
      }
    }
    closing.sink().success();
  }

  /** Keeps the first failure, after which nothing is written any more; gives it. */
  private Exception failed(Throwable thrown) {
    Exception first = failure;
    if (first == null) {
      first = thrown instanceof Exception known ? known : new IllegalStateException(thrown);
      failure = first;
    }
    return first;
  }
}
