package io.fleetstop.fleet;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * A journal in a file: {@link JournalFile} opens and locks it, {@link JournalFormat} has its lines,
 * {@link JournalWriter} commits them in groups.
 */
final class FileJournal implements ShutdownJournal {

  private final Path file;
  private final JournalWriter writer;
  private final JournalState state;

  /** Creates a journal that continues from a state. */
  FileJournal(Path file, JournalWriter.Storage storage, JournalState state) {
    this.file = file;
    this.writer = new JournalWriter(storage, e -> JournalErrors.unwritable(file.toString(), e));
    this.state = state;
  }

  static Mono<ShutdownJournal> create(Path file, ShutdownOptions options) {
    Objects.requireNonNull(options, "options");
    return onFile(
        file,
        () -> {
          JournalFile opened = JournalFile.create(file);
          return closingOnFailure(opened, () -> begin(file, newState(file, options), opened));
        });
  }

  static Mono<ShutdownJournal> resume(Path file, ShutdownOptions options) {
    Objects.requireNonNull(options, "options");
    return onFile(file, () -> resumeNow(file, options));
  }

  private static ShutdownJournal resumeNow(Path file, ShutdownOptions options) throws IOException {
    JournalFile opened = JournalFile.open(file);
    return closingOnFailure(
        opened,
        () -> {
          JournalState state = newState(file, options);
          byte[] torn = opened.replay(state::apply);
          if (state.isEmpty()) {
            requireBeginning(torn);
          }
          opened.truncateBy(torn.length);
          return state.isEmpty()
              ? begin(file, state, opened)
              : new FileJournal(file, opened, state);
        });
  }

  private static JournalState newState(Path file, ShutdownOptions options) {
    return JournalState.of(file.toString(), options);
  }

  // A process that ended within the first line had sent no call yet.
  private static void requireBeginning(byte[] torn) throws IOException {
    String text = new String(torn, StandardCharsets.UTF_8);
    if (!text.startsWith(JournalFormat.START) && !JournalFormat.START.startsWith(text)) {
      throw new IOException("it is not a journal of fleetstop");
    }
  }

  private static ShutdownJournal begin(Path file, JournalState state, JournalFile opened)
      throws IOException {
    opened.append(ByteBuffer.wrap(JournalFormat.toLine(state.begin())));
    opened.force();
    return new FileJournal(file, opened, state);
  }

  private static ShutdownJournal closingOnFailure(
      JournalFile opened, Callable<ShutdownJournal> action) throws IOException {
    boolean succeeded = false;
    try {
      ShutdownJournal journal = action.call();
      succeeded = true;
      return journal;
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    } finally {
      if (!succeeded) {
        opened.close();
      }
    }
  }

  /** Opens a journal; closes it again if the subscriber has cancelled. */
  static Mono<ShutdownJournal> onFile(Path file, Callable<ShutdownJournal> action) {
    return reading(file, action)
        .doOnDiscard(ShutdownJournal.class, unwanted -> unwanted.disposeLater().subscribe());
  }

  /** Runs an action on a file where it may block; its errors name the file. */
  static <T> Mono<T> reading(Path file, Callable<T> action) {
    Objects.requireNonNull(file, "file");
    return Mono.fromCallable(action)
        .onErrorMap(IOException.class, e -> JournalErrors.unusable(file.toString(), e))
        .subscribeOn(Schedulers.boundedElastic());
  }

  @Override
  public JournalState state() {
    return state;
  }

  @Override
  public Mono<Void> append(JournalEvent event) {
    return event.isDurable()
        ? writer.writeDurably(() -> JournalFormat.toLine(event))
        : writer.write(() -> JournalFormat.toLine(event));
  }

  @Override
  public Mono<Void> disposeLater() {
    return writer.close();
  }

  /** The file and the run. */
  @Override
  public String toString() {
    return "ShutdownJournal[" + file + ", run " + options().runId() + "]";
  }
}
