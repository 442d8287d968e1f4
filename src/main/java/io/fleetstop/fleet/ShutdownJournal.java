package io.fleetstop.fleet;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.model.InstanceId;
import java.nio.file.Path;
import reactor.core.publisher.Mono;

/**
 * The record of a run: its intents and outcomes. A run that ended at any moment, by {@code kill -9}
 * for example, is resumed from it without losing an instance or stopping one twice. The shipped
 * implementation is a file; others, such as a database or object storage, implement this interface
 * and extend {@code io.fleetstop.testkit.ShutdownJournalContract}, a test suite.
 *
 * <p>The first event names the run and its parameters. An intent precedes the first call for an
 * instance, and is durable before that call is sent; an outcome is stored before it is emitted. A
 * stored outcome survives the end of the process; a loss of power may lose the last ones, and then
 * their instances are described again.
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
 * FleetShutdown.Builder#journal}, and {@link #disposeLater()} it when the run has ended. One run at
 * a time may use a journal; a second one must be refused when it opens it. {@link Object#toString}
 * names the journal in errors.
 *
 * <p><strong>Files:</strong> one JSON object a line, append-only, readable by their owner only and
 * locked while they are open. Intents share a force. Each line has a checksum: a journal that was
 * changed is refused. Files are accessed on {@code Schedulers.boundedElastic()} only.
 */
public interface ShutdownJournal {

  /**
   * Creates the journal of a new run in a file.
   *
   * <p>The file is created when the {@code Mono} is subscribed to, or may exist if it is empty. A
   * run without an id is given one: {@link #options()} has it. Errors: an {@link EcsException} with
   * the code {@link ClientErrors#JOURNAL_FAILED} if it has content, is in use by another run, or
   * cannot be created or written.
   */
  static Mono<ShutdownJournal> create(Path file, ShutdownOptions options) {
    return FileJournal.create(file, options);
  }

  /**
   * Resumes the run of a file, which must have the parameters (force, stopped mode, dry run) of
   * {@code options}, and their run id if they have one: otherwise it may be any run, and {@link
   * #options()} has its id.
   *
   * <p>The file is read when the {@code Mono} is subscribed to. An incomplete last line is removed:
   * nothing was sent because of it. Errors: an {@link EcsException} with the code {@link
   * ClientErrors#JOURNAL_FAILED} if there is no such file, it is no journal, it is of another run
   * or with other parameters (the message names them), it is in use by another run, or a line
   * before the last one cannot be read (the message names it).
   */
  static Mono<ShutdownJournal> resume(Path file, ShutdownOptions options) {
    return FileJournal.resume(file, options);
  }

  /**
   * Returns the state of the run when the journal was opened: it has begun, and later events do not
   * change it.
   */
  JournalState state();

  /**
   * Whether another process of the same run had the instance before, and may have called it: it is
   * described before it is called, as one that is incomplete in {@link #state()}. Asked when the
   * instance is started. Default: {@code false}, since one run at a time uses a journal.
   */
  default boolean isTakenOver(InstanceId id) {
    return false;
  }

  /**
   * Whether the ids of the run are those that the journal hands out, each to one process at a time:
   * the run keeps no set of ids, and an instance that is handed out again is processed again.
   * Default: {@code false}.
   */
  default boolean isHandingOutIds() {
    return false;
  }

  /** The options of the run, with the run id of the journal. */
  default ShutdownOptions options() {
    return state().options();
  }

  /**
   * Appends an event.
   *
   * <p><strong>Start:</strong> on subscription, once for each event. <strong>Completion:</strong>
   * when the event is stored as {@link JournalEvent#isDurable()} demands; the call or the outcome
   * that it announces waits for that. <strong>Errors:</strong> end the run with the code {@link
   * ClientErrors#JOURNAL_FAILED}; after the first one, and after {@link #disposeLater()}, no event
   * may be stored, since it would follow one that is missing. <strong>Cancellation:</strong> the
   * event may be stored nevertheless. <strong>Order:</strong> events of one instance are appended
   * one after another, those of different instances concurrently, at most {@link
   * ShutdownOptions#maxOpen()} of them. <strong>Threads:</strong> any, but for one of {@code
   * Schedulers.boundedElastic()}, on which a run would delay later events; the caller's must not be
   * blocked. <strong>Memory:</strong> an event must not be kept once it is stored.
   */
  Mono<Void> append(JournalEvent event);

  /**
   * Makes durable what was stored, closes the journal and frees it for another run, once subscribed
   * to; again does nothing. A run that is still active ends as if the storage had failed. Never
   * emits an error.
   */
  Mono<Void> disposeLater();
}
