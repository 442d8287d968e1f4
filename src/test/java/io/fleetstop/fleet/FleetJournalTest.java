package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** A run with a journal. */
class FleetJournalTest extends JournalFixture {

  private final StubClient client = new StubClient();
  private final ShutdownOptions options =
      ShutdownOptions.builder()
          .protectTag("")
          .runId("night")
          .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(1)))
          .failureLimit(FailureLimit.none())
          .build();

  private static List<String> fleet(int size) {
    return IntStream.range(0, size).mapToObj(i -> "i-" + i).toList();
  }

  private Flux<ShutdownOutcome> stop(ShutdownJournal journal, List<String> ids) {
    return FleetShutdown.create(client, journal).stop(Flux.fromIterable(ids).map(InstanceId::of));
  }

  private List<ShutdownOutcome> run(Mono<ShutdownJournal> opening, List<String> ids) {
    ShutdownJournal journal = await(opening);
    try {
      return Objects.requireNonNull(stop(journal, ids).collectList().block(PATIENCE));
    } finally {
      journal.disposeLater().block(PATIENCE);
    }
  }

  private List<String> lines() {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void journalOfAnotherRun_isRefusedUntilItIsOpenedAgain() {
    ShutdownJournal journal = await(ShutdownJournal.create(file, options));
    ShutdownRun first = FleetShutdown.create(client, journal).run(Flux.never());
    Disposable running = first.outcomes().subscribe();

    assertRefused(stop(journal, fleet(3)));
    running.dispose();
    assertRefused(stop(journal, fleet(3)));

    assertThat(client.calls).isEmpty();
    journal.disposeLater().block(PATIENCE);
    assertThat(run(ShutdownJournal.resume(file, options), fleet(3))).hasSize(3);
  }

  private static void assertRefused(Flux<ShutdownOutcome> outcomes) {
    assertThatThrownBy(() -> outcomes.blockLast(PATIENCE))
        .hasMessageContaining("Client.JournalFailed")
        .hasMessageContaining("another run uses it or has used it")
        .hasMessageContaining("open it again with ShutdownJournal.resume");
  }

  @Tag("guarantee:journal-first")
  @Test
  void intentPrecedesCallAndRecordPrecedesOutcome() {
    // Checked later: an exception thrown by the client would only be a failed call.
    Queue<String> calledTooEarly = new ConcurrentLinkedQueue<>();
    client.onStop =
        request -> {
          String id = request.instanceId().value();
          if (lines().stream().noneMatch(line -> isAbout(line, "intent", id))) {
            calledTooEarly.add(id);
          }
          return client.stop(request);
        };
    ShutdownJournal journal = await(ShutdownJournal.create(file, options));
    stop(journal, fleet(50))
        .publishOn(Schedulers.boundedElastic())
        .doOnNext(
            outcome ->
                assertThat(lines())
                    .anyMatch(line -> isAbout(line, "outcome", outcome.instanceId().value())))
        .blockLast(PATIENCE);

    assertThat(client.calls).hasSize(50);
    assertThat(calledTooEarly).isEmpty();
    assertThat(lines()).hasSize(101);
  }

  private static boolean isAbout(String line, String event, String id) {
    return line.contains("\"event\":\"" + event + "\",\"instanceId\":\"" + id + "\"");
  }

  @Test
  void crashAtAnyLine_losesAndRepeatsNoInstance() throws IOException {
    List<String> ids = fleet(12);
    run(ShutdownJournal.create(file, options), ids);
    List<String> whole = lines();

    for (int kept = 1; kept <= whole.size(); kept++) {
      List<String> before = whole.subList(0, kept);
      Files.write(file, before);
      client.calls.clear();
      client.states.clear();
      // Every instance with an intent had been called before the crash.
      ids.stream().filter(id -> has(before, "intent", id)).forEach(this::putStopped);
      List<String> done = ids.stream().filter(id -> has(before, "outcome", id)).toList();
      List<ShutdownOutcome> outcomes = run(ShutdownJournal.resume(file, options), ids);

      assertThat(outcomes).hasSize(ids.size() - done.size()).allMatch(o -> o instanceof Stopped);
      assertThat(outcomes)
          .extracting(outcome -> outcome.instanceId().value())
          .doesNotHaveDuplicates()
          .allMatch(id -> !done.contains(id));
      assertThat(client.called())
          .containsExactlyInAnyOrderElementsOf(
              ids.stream().filter(id -> !has(before, "intent", id)).toList());
      assertThat(lines().stream().filter(line -> line.contains("\"outcome\":"))).hasSize(12);
    }
  }

  private void putStopped(String id) {
    client.states.put(id, "STOPPED");
  }

  private static boolean has(List<String> lines, String event, String id) {
    return lines.stream().anyMatch(line -> isAbout(line, event, id));
  }

  @Test
  void runningAfterIntent_isCalledAgainWithSameToken() {
    client.onStop = request -> Mono.never();
    ShutdownJournal journal = await(ShutdownJournal.create(file, options));
    Disposable killed = stop(journal, fleet(3)).subscribe(outcome -> {});
    Flux.interval(Duration.ofMillis(1)).takeUntil(tick -> client.calls.size() == 3).blockLast();
    killed.dispose();
    journal.disposeLater().block(PATIENCE);
    List<String> tokens = tokens();
    client.calls.clear();
    client.onStop = client::stop;

    assertThat(run(ShutdownJournal.resume(file, options), fleet(3)))
        .hasSize(3)
        .allMatch(outcome -> outcome instanceof Stopped);
    assertThat(tokens()).containsExactlyInAnyOrderElementsOf(tokens);
    // The intents of the earlier run are still valid.
    assertThat(lines().stream().filter(line -> line.contains("\"intent\""))).hasSize(3);
  }

  private List<String> tokens() {
    return client.calls.stream().map(StopInstance::clientToken).map(String::valueOf).toList();
  }

  @Test
  void stoppedWithoutIntent_isAlreadyStopped() {
    client.states.put("i-0", "STOPPED");
    client.onStop = request -> Mono.error(error(EcsErrors.INVALID_INSTANCE_STATUS));

    assertThat(run(ShutdownJournal.create(file, options), fleet(1)).get(0))
        .isInstanceOf(AlreadyStopped.class);
  }

  private static EcsException error(ErrorCode code) {
    return EcsException.builder(code, Delivery.REJECTED).attempts(1).build();
  }

  @Test
  void resume_retriesTransientFailuresOnly() {
    client.onStop =
        request ->
            Mono.error(
                error(
                    request.instanceId().value().equals("i-0")
                        ? EcsErrors.INSUFFICIENT_INSTANCE_CAPACITY
                        : EcsErrors.INVALID_ARGUMENT));
    assertThat(run(ShutdownJournal.create(file, options), fleet(2)))
        .allMatch(outcome -> outcome instanceof Failed);
    client.onStop = client::stop;
    client.calls.clear();

    assertThat(run(ShutdownJournal.resume(file, options), fleet(3))).hasSize(2);
    assertThat(client.called()).containsExactlyInAnyOrder("i-0", "i-2");
  }

  @Test
  void resumedDryRun_callsWithoutDescribe() {
    ShutdownOptions dry = options.mutate().dryRun(true).build();
    client.onStop = request -> Mono.error(error(EcsErrors.INSUFFICIENT_INSTANCE_CAPACITY));
    run(ShutdownJournal.create(file, dry), fleet(1));
    client.states.put("i-0", "STOPPED");
    run(ShutdownJournal.resume(file, dry), fleet(1));

    assertThat(client.calls).hasSize(2);
    assertThat(client.described).hasValue(0);
  }

  @Test
  void dryRunThatMayHaveStopped_isNotResumed() {
    ShutdownOptions dry = options.mutate().dryRun(true).build();
    client.onStop =
        request ->
            Mono.error(
                EcsException.builder(ClientErrors.UNEXPECTED_SUCCESS, Delivery.UNKNOWN).build());
    assertThatThrownBy(() -> run(ShutdownJournal.create(file, dry), fleet(1)))
        .isInstanceOf(EcsException.class);

    assertThatThrownBy(() -> await(ShutdownJournal.resume(file, dry)))
        .hasMessageContaining("its dry run may have stopped i-0, and cannot be resumed");
  }

  /** A disk that is full after a number of lines. */
  private static final class SmallDisk implements JournalWriter.Storage {

    private final AtomicInteger linesLeft;

    SmallDisk(int lines) {
      linesLeft = new AtomicInteger(lines);
    }

    @Override
    public void append(ByteBuffer bytes) throws IOException {
      String text = StandardCharsets.UTF_8.decode(bytes).toString();
      if (linesLeft.addAndGet(-(int) text.lines().count()) < 0) {
        throw new IOException("No space left on device");
      }
    }

    @Override
    public void force() {
      // Every write is durable at once.
    }

    @Override
    public void close() {
      // Nothing to close.
    }
  }

  @Test
  void failedWrite_endsRunAndReportsEveryCall() {
    for (int room = 0; room < 40; room += 3) {
      client.calls.clear();
      ShutdownOptions few = options.mutate().maxInFlight(4).maxOpen(8).build();
      ShutdownJournal journal =
          new FileJournal(file, new SmallDisk(room), JournalState.of("full", few));
      List<ShutdownOutcome> outcomes = new ArrayList<>();
      assertThatThrownBy(
              () -> stop(journal, fleet(100)).doOnNext(outcomes::add).blockLast(PATIENCE))
          .isInstanceOfSatisfying(
              EcsException.class,
              e -> {
                assertThat(e.errorCode()).isEqualTo(ClientErrors.JOURNAL_FAILED);
                assertThat(e.detail()).contains("cannot be written: No space left on device");
              });
      assertThat(client.calls.size()).isLessThanOrEqualTo(room);
      assertThat(outcomes)
          .filteredOn(outcome -> !(outcome instanceof Skipped))
          .extracting(outcome -> outcome.instanceId().value())
          .containsExactlyInAnyOrderElementsOf(client.called());
    }
  }

  /** A journal of a user's, which fails in every way that its signature admits. */
  private record FailingJournal(JournalState state, Supplier<@Nullable Mono<Void>> appending)
      implements ShutdownJournal {

    @Override
    @SuppressWarnings("NullAway")
    public Mono<Void> append(JournalEvent event) {
      return appending.get();
    }

    @Override
    public Mono<Void> disposeLater() {
      return Mono.empty();
    }

    @Override
    public String toString() {
      return "table runs";
    }
  }

  static List<Supplier<@Nullable Mono<Void>>> failures() {
    IllegalStateException broken = new IllegalStateException("no connection");
    return List.of(
        () -> {
          throw broken;
        },
        () -> Mono.error(broken),
        () -> Mono.error(new OutOfMemoryError("no connection")),
        () -> null);
  }

  @ParameterizedTest
  @MethodSource("failures")
  void failureOfAnyJournal_endsTheRunBeforeACall(Supplier<@Nullable Mono<Void>> failing) {
    FailingJournal journal = new FailingJournal(JournalState.of("table runs", options), failing);

    assertThatThrownBy(() -> stop(journal, fleet(3)).blockLast(PATIENCE))
        .isInstanceOfSatisfying(
            EcsException.class,
            e -> {
              assertThat(e.errorCode()).isEqualTo(ClientErrors.JOURNAL_FAILED);
              assertThat(e.detail())
                  .startsWith("The journal table runs cannot be written: ")
                  .matches(text -> text.endsWith("no connection") || text.endsWith("null"));
            });
    assertThat(client.calls).isEmpty();
  }

  @Test
  void calledBeforeResume_isNotSkippedWhenRunEnds() throws IOException {
    EcsException lost =
        EcsException.builder(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN).build();
    client.onStop = request -> Mono.error(lost);
    run(ShutdownJournal.create(file, options), fleet(1));
    JournalState state = JournalState.of("full", options);
    lines().forEach(state::apply);
    ShutdownJournal full = new FileJournal(file, new SmallDisk(0), state);
    // No intent can be recorded for i-1, which ends the run before i-0 is polled.
    Sinks.Empty<Void> ended = Sinks.empty();
    client.onDescribe =
        ids -> ended.asMono().thenMany(Flux.just(StubClient.instance("i-0", "RUNNING")));
    List<ShutdownOutcome> outcomes = new ArrayList<>();
    stop(full, List.of("i-0", "i-1"))
        .doOnNext(outcomes::add)
        .doOnNext(outcome -> ended.tryEmitEmpty())
        .onErrorComplete()
        .blockLast(PATIENCE);

    assertThat(outcomes).hasSize(2).anyMatch(outcome -> outcome instanceof Skipped);
    assertThat(outcomes).anyMatch(outcome -> outcome instanceof Unconfirmed);
  }
}
