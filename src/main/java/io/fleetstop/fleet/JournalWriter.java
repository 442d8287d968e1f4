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
 * Group commit: lines that arrive while the disk is busy are written together and forced once, so
 * that the disk does not limit the rate. One task at a time writes, on {@code
 * Schedulers.boundedElastic()}; the queue is bounded by the pending calls.
 *
 * <p>The first failure is the last write: after a failed write or force, the content of the disk is
 * unknown.
 */
final class JournalWriter {

  /** The maximum number of lines written before their sinks complete. */
  private static final int MAX_BATCH = 1_024;

  /** The storage of lines. Used by one thread at a time. */
  interface Storage {

    void append(ByteBuffer bytes) throws IOException;

    /** Returns when everything appended would survive a loss of power. */
    void force() throws IOException;

    void close() throws IOException;
  }

  /** The progress a line must reach before its sink completes. */
  private enum Progress {
    WRITTEN,
    FORCED,
    CLOSED
  }

  private record Entry(Supplier<byte[]> line, Progress target, MonoSink<Void> sink) {}

  private final Storage storage;
  private final Function<Exception, RuntimeException> toError;
  private final Queue<Entry> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger wip = new AtomicInteger();
  // Touched by the writing task only.
  private @Nullable Exception failure;
  private boolean closed;

  /**
   * Creates a writer.
   *
   * @param asFailure maps a failed write to the error of pending sinks
   */
  JournalWriter(Storage storage, Function<Exception, RuntimeException> asFailure) {
    this.storage = storage;
    this.toError = asFailure;
  }

  /** Completes when the line would survive the end of this process, on a thread of parallel(). */
  Mono<Void> write(Supplier<byte[]> line) {
    return enqueue(line, Progress.WRITTEN);
  }

  /** Completes when the line would survive a loss of power, on a thread of parallel(). */
  Mono<Void> writeDurably(Supplier<byte[]> line) {
    return enqueue(line, Progress.FORCED);
  }

  /** Forces what was written and closes the storage, once. */
  Mono<Void> close() {
    return enqueue(() -> new byte[0], Progress.CLOSED);
  }

  // What comes after must not run on the writing task: it would keep the disk idle.
  private Mono<Void> enqueue(Supplier<byte[]> line, Progress target) {
    return Mono.<Void>create(
            sink -> {
              queue.add(new Entry(line, target, sink));
              if (wip.getAndIncrement() == 0) {
                scheduleDrain();
              }
            })
        .publishOn(Schedulers.parallel());
  }

  private void scheduleDrain() {
    try {
      Schedulers.boundedElastic().schedule(this::drain);
    } catch (RejectedExecutionException e) {
      failure = failure == null ? e : failure;
      // Writes nothing any more, so this thread may do it.
      drain();
    }
  }

  private void drain() {
    int missed = 1;
    do {
      for (List<Entry> batch = nextBatch(); !batch.isEmpty(); batch = nextBatch()) {
        commit(batch);
      }
      missed = wip.addAndGet(-missed);
    } while (missed != 0);
  }

  private List<Entry> nextBatch() {
    List<Entry> batch = new ArrayList<>();
    for (Entry entry = queue.poll(); entry != null; entry = queue.poll()) {
      batch.add(entry);
      if (entry.target() == Progress.CLOSED || batch.size() == MAX_BATCH) {
        break;
      }
    }
    return batch;
  }

  private void commit(List<Entry> batch) {
    List<Entry> pending = batch;
    try {
      append(batch);
      pending = complete(pending, Progress.WRITTEN);
      if (!pending.isEmpty()) {
        force();
        pending = complete(pending, Progress.FORCED);
      }
    } catch (Throwable thrown) {
      // Errors too: pending sinks would never complete.
      RuntimeException error = toError.apply(recordFailure(thrown));
      pending.stream()
          .filter(entry -> entry.target() != Progress.CLOSED)
          .forEach(entry -> entry.sink().error(error));
    }
    Entry last = batch.get(batch.size() - 1);
    if (last.target() == Progress.CLOSED) {
      closeStorage(last);
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

  /** Completes the sinks that waited for this progress, and returns the other entries. */
  private static List<Entry> complete(List<Entry> batch, Progress reached) {
    List<Entry> others = new ArrayList<>();
    for (Entry entry : batch) {
      if (entry.target() == reached) {
        entry.sink().success();
      } else {
        others.add(entry);
      }
    }
    return others;
  }

  private void closeStorage(Entry closing) {
    if (!closed) {
      closed = true;
      try {
        storage.close();
      } catch (Throwable thrown) {
        recordFailure(thrown);
      }
    }
    closing.sink().success();
  }

  /** Keeps the first failure, after which nothing is written, and returns it. */
  private Exception recordFailure(Throwable thrown) {
    Exception first = failure;
    if (first == null) {
      first = thrown instanceof Exception known ? known : new IllegalStateException(thrown);
      failure = first;
    }
    return first;
  }
}
