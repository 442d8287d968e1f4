package io.fleetstop.fleet;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.fleet.JournalFormat.Header;
import io.fleetstop.fleet.JournalFormat.Intent;
import io.fleetstop.fleet.JournalFormat.Line;
import io.fleetstop.fleet.JournalFormat.OutcomeRecord;
import io.fleetstop.fleet.JournalFormat.UnreadableLine;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The record of a run in a file: the intents and the outcomes. A run that ended at any moment, by
 * {@code kill -9} for example, is resumed from it without losing an instance or stopping one twice.
 *
 * <p>The file holds one JSON object a line and is append-only. The first line names the format, the
 * run and its parameters. An {@code intent} precedes the first call for an instance, and is durable
 * (forced to the disk) before that call is sent; an {@code outcome} is written before it is
 * emitted. A written outcome survives the end of the process; a loss of power may lose the last
 * ones, until the next intent or the end forces them, and then their instances are described again.
 * Intents share a force. Each line has a checksum: a journal that was changed is refused.
 *
 * <p>How a resumed run treats an instance:
 *
 * <table>
 *   <caption>Content of the journal, and the consequence</caption>
 *   <tr><th>Journal</th><th>Resumed run</th></tr>
 *   <tr><td>nothing, or {@code Skipped} alone</td><td>called</td></tr>
 *   <tr><td>{@code Stopped}, {@code AlreadyStopped}, {@code DryRunPassed}</td><td>finished</td></tr>
 *   <tr><td>{@code Accepted}</td><td>finished if waiting is off, else described</td></tr>
 *   <tr><td>{@code Failed}, documented code of category {@code STATE}, {@code CONFLICT},
 *     {@code NOT_FOUND} or {@code REQUEST}</td><td>finished: the same request gets the same
 *     reply</td></tr>
 *   <tr><td>{@code Failed} otherwise: transient, fixable elsewhere, as credentials and permissions
 *     are, or a request may have taken effect</td><td>described</td></tr>
 *   <tr><td>{@code Unconfirmed}</td><td>described; but with {@code Client.UnexpectedSuccess} the
 *     journal is refused: its dry run may have stopped the instance</td></tr>
 *   <tr><td>an intent and no outcome</td><td>described</td></tr>
 *   <tr><td>described, and then {@code Skipped}</td><td>described</td></tr>
 * </table>
 *
 * <p>Described means before any call. If the instance is stopped or stopping, the stop counts as
 * this run's, since the intent was recorded, unless each call is known to have been rejected;
 * otherwise it is called again with the same client token. As the reply may then be that to an
 * earlier call, it is described once more. A dry run is not described first: it is sent again.
 *
 * <p><strong>Lifecycle:</strong> {@link #create} or {@link #resume} it, pass it to {@link
 * FleetShutdown#create(io.fleetstop.EcsClient, ShutdownJournal)}, and {@link #disposeLater()} it
 * when the run has ended. While it is open the file is locked against other runs. <strong>Memory:
 * </strong> the ids in the file when it is opened: about 30 bytes each for finished ones, some
 * hundred for the few that are open or have failed. <strong>Threads:</strong> files are accessed on
 * {@code Schedulers.boundedElastic()} only. Safe for concurrent use. <strong>Secrets:</strong> it
 * contains none; it is readable by its owner only.
 */
public final class ShutdownJournal {

  private final Path file;
  private final ShutdownOptions options;
  private final JournalWriter writer;
  private final Replay replay;

  /** Creates a journal that continues from a replay. */
  ShutdownJournal(
      Path file, ShutdownOptions options, JournalWriter.Storage storage, Replay replay) {
    this.file = file;
    this.options = options;
    this.writer = new JournalWriter(storage, e -> failure(file, "cannot be written", e));
    this.replay = replay;
  }

  /**
   * Creates the journal of a new run.
   *
   * <p>The file is created when the {@code Mono} is subscribed to, or may exist if it is empty. A
   * run without an id is given one: {@link #options()} has it. Errors: an {@link EcsException} with
   * the code {@link ClientErrors#JOURNAL_FAILED} if it has content, is in use by another run, or
   * cannot be created or written.
   */
  public static Mono<ShutdownJournal> create(Path file, ShutdownOptions options) {
    return onFile(
        file,
        () -> {
          JournalFile opened = JournalFile.create(file);
          return closingOnFailure(opened, () -> start(file, options, opened));
        });
  }

  /**
   * Resumes the run of a journal, which must have the parameters (force, stopped mode, dry run) of
   * {@code options}, and their run id if they have one: otherwise it may be any run, and {@link
   * #options()} has its id.
   *
   * <p>The file is read when the {@code Mono} is subscribed to. An incomplete last line is removed:
   * nothing was sent because of it. Errors: an {@link EcsException} with the code {@link
   * ClientErrors#JOURNAL_FAILED} if there is no such file, it is no journal, it is of another run
   * or with other parameters (the message names them), it is in use by another run, or a line
   * before the last one cannot be read (the message names it).
   */
  public static Mono<ShutdownJournal> resume(Path file, ShutdownOptions options) {
    return onFile(file, () -> resumeNow(file, options));
  }

  private static ShutdownJournal resumeNow(Path file, ShutdownOptions options) throws IOException {
    JournalFile opened = JournalFile.open(file);
    return closingOnFailure(
        opened,
        () -> {
          Replay replay = new Replay(options);
          byte[] torn = opened.replay(replay);
          if (replay.header == null) {
            requireBeginning(torn);
            opened.truncateBy(torn.length);
            return start(file, options, opened);
          }
          opened.truncateBy(torn.length);
          ShutdownOptions withRunId = options.mutate().runId(replay.header.runId()).build();
          return new ShutdownJournal(file, withRunId, opened, replay);
        });
  }

  // A process that ended within the first line had sent no call yet.
  private static void requireBeginning(byte[] torn) throws IOException {
    String text = new String(torn, StandardCharsets.UTF_8);
    if (!text.startsWith(JournalFormat.START) && !JournalFormat.START.startsWith(text)) {
      throw new IOException("it is not a journal of fleetstop");
    }
  }

  private static ShutdownJournal start(Path file, ShutdownOptions options, JournalFile opened)
      throws IOException {
    String given = options.runId();
    String runId = given == null ? UUID.randomUUID().toString() : given;
    ShutdownOptions withRunId = options.mutate().runId(runId).build();
    opened.append(ByteBuffer.wrap(JournalFormat.header(Header.of(runId, withRunId))));
    opened.force();
    return new ShutdownJournal(file, withRunId, opened, new Replay(withRunId));
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
    return Mono.fromCallable(action)
        .doOnDiscard(ShutdownJournal.class, unwanted -> unwanted.disposeLater().subscribe())
        .onErrorMap(IOException.class, e -> failure(file, "cannot be used", e))
        .subscribeOn(Schedulers.boundedElastic());
  }

  private static EcsException failure(Path file, String what, Exception cause) {
    return EcsException.builder(ClientErrors.JOURNAL_FAILED, Delivery.NOT_SENT)
        .detail("The journal " + file + " " + what + ": " + reason(cause))
        .cause(cause)
        .build();
  }

  // The message of such an exception is the name of the file, which is in the message already.
  private static String reason(Exception e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file or directory";
    }
    if (e instanceof FileSystemException specific) {
      String reason = specific.getReason();
      return reason == null ? e.getClass().getSimpleName() : reason;
    }
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  /** The options of the run, with the run id of the journal. */
  public ShutdownOptions options() {
    return options;
  }

  /** Returns the number of instances that had a final outcome when the journal was opened. */
  public int completed() {
    return replay.completed.size() - replay.reopened.size();
  }

  /** Returns the number of {@link #completed()} instances that have failed. */
  public int completedFailures() {
    return replay.failed.size();
  }

  /** Whether the instance had a final outcome when the journal was opened. */
  public boolean isCompleted(InstanceId id) {
    return replay.completed.contains(id) && !replay.reopened.contains(id);
  }

  /** Whether the instance may have been called before, and has no final outcome. */
  boolean isIncomplete(InstanceId id) {
    return replay.incomplete.contains(id);
  }

  /** Whether every call for an instance that is open is known to have had no effect. */
  boolean isRejected(InstanceId id) {
    return replay.rejected.contains(id);
  }

  /**
   * The instances that may have been called and had no final outcome when the journal was opened: a
   * resumed run must be given them, even if they are not found by filters any more. Unmodifiable.
   */
  public Set<InstanceId> incomplete() {
    return Collections.unmodifiableSet(replay.incomplete);
  }

  /**
   * Returns the {@link #incomplete()} instances that a caller does not name. Only the journal says
   * that a resumed run must stop them: ask before they are stopped.
   *
   * @param named the ids that the caller was given or has found
   */
  public Set<InstanceId> incompleteExcept(Set<InstanceId> named) {
    Set<InstanceId> others = new LinkedHashSet<>(replay.incomplete);
    others.removeAll(named);
    return others;
  }

  /** Completes when it is durable that an instance is about to be called. */
  Mono<Void> recordIntent(InstanceId id) {
    return writer.writeDurably(() -> JournalFormat.intent(id, now()));
  }

  /** Completes when an outcome is written. */
  Mono<Void> recordOutcome(ShutdownOutcome outcome) {
    return writer.write(() -> JournalFormat.outcome(outcome, now()));
  }

  private static Instant now() {
    return Instant.ofEpochMilli(Schedulers.boundedElastic().now(TimeUnit.MILLISECONDS));
  }

  /**
   * Forces what was written, closes the file and frees its lock, once subscribed to; again does
   * nothing. A run that is still active ends as if the disk had failed. Never emits an error.
   */
  public Mono<Void> disposeLater() {
    return writer.close();
  }

  /** The file and the run. */
  @Override
  public String toString() {
    return "ShutdownJournal[" + file + ", run " + options.runId() + "]";
  }

  /** The state of a run according to the lines of its journal. */
  static final class Replay implements JournalFile.Reader {

    private final ShutdownOptions options;
    private final IdSet completed = new IdSet();
    // Of those in completed: a later line shows that they are not.
    private final Set<InstanceId> reopened = new HashSet<>();
    private final Set<InstanceId> failed = new HashSet<>();
    private final Set<InstanceId> incomplete = new HashSet<>();
    // Of those in incomplete: it is known that no call had an effect.
    private final Set<InstanceId> rejected = new HashSet<>();
    // Of those in incomplete: they have an outcome, which is not final.
    private final Set<InstanceId> undecided = new HashSet<>();
    private @Nullable Header header;

    /**
     * Creates an empty replay of the run of {@code options}, or of any run if they have no run id.
     */
    Replay(ShutdownOptions options) {
      this.options = options;
    }

    @Override
    public void line(int number, byte[] bytes) throws IOException {
      Line line;
      try {
        line = JournalFormat.parse(bytes);
      } catch (UnreadableLine e) {
        throw new IOException("line " + number + " cannot be read: " + e.getMessage(), e);
      }
      if (line instanceof Header first && header == null) {
        requireSame(first);
        header = first;
      } else if (header == null || line instanceof Header) {
        throw new IOException("line " + number + " is out of place");
      } else if (line instanceof Intent intent) {
        incomplete.add(intent.id());
        rejected.remove(intent.id());
      } else if (line instanceof OutcomeRecord record) {
        requireDry(record);
        apply(record);
      }
    }

    // An instance that is stopped now may have been stopped by the dry run.
    private static void requireDry(OutcomeRecord record) throws IOException {
      if (record.errorCode().equals(ClientErrors.UNEXPECTED_SUCCESS.code())) {
        throw new IOException(
            "its dry run may have stopped " + record.id() + ", and cannot be resumed");
      }
    }

    private void apply(OutcomeRecord record) {
      boolean done =
          record.conclusive()
              && !(record.outcome() == Kind.ACCEPTED && options.isAwaitingStopped());
      boolean failure = record.outcome() == Kind.FAILED;
      if (done) {
        complete(record.id(), failure);
      } else if (record.outcome() == Kind.SKIPPED) {
        skip(record.id());
      } else {
        reopen(record.id(), record.rejected());
      }
    }

    // The last line counts.
    private void complete(InstanceId id, boolean failure) {
      completed.add(id);
      reopened.remove(id);
      incomplete.remove(id);
      rejected.remove(id);
      undecided.remove(id);
      if (failure) {
        failed.add(id);
      } else {
        failed.remove(id);
      }
    }

    // No call has had an effect, this time and before: otherwise it would be unconfirmed.
    private void skip(InstanceId id) {
      if (undecided.contains(id)) {
        rejected.add(id);
      } else {
        incomplete.remove(id);
      }
    }

    private void reopen(InstanceId id, boolean withoutEffect) {
      incomplete.add(id);
      undecided.add(id);
      failed.remove(id);
      if (completed.contains(id)) {
        reopened.add(id);
      }
      // Without that mark an earlier rejection stays: the instance may have been polled only, not
      // called.
      if (withoutEffect) {
        rejected.add(id);
      }
    }

    private void requireSame(Header of) throws IOException {
      Header wanted = Header.of(of.runId(), options);
      String runId = options.runId();
      requireSame("run id", of.runId(), runId == null ? of.runId() : runId);
      requireSame("scope", String.valueOf(of.scope()), String.valueOf(wanted.scope()));
      requireSame("force", of.forceStop(), wanted.forceStop());
      requireSame("stopped mode", of.stoppedMode(), wanted.stoppedMode());
      requireSame("dry run", of.dryRun(), wanted.dryRun());
    }

    private static void requireSame(String what, Object journal, Object wanted) throws IOException {
      if (!journal.equals(wanted)) {
        throw new IOException(
            "it is of a run with " + what + " " + journal + ", this one has " + wanted);
      }
    }
  }
}
