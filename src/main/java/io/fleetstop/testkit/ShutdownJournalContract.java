package io.fleetstop.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.JournalState;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Fault;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The contract of {@link ShutdownJournal}. The test of an implementation extends this class; each
 * test has an instance of its own, and storage that is empty:
 *
 * <pre>{@code
 * class TableJournalTest extends ShutdownJournalContract {
 *   private final Table table = new Table();
 *
 *   @Override
 *   protected Mono<? extends ShutdownJournal> create(ShutdownOptions options) {
 *     return TableJournal.create(table, options);
 *   }
 *
 *   @Override
 *   protected Mono<? extends ShutdownJournal> resume(ShutdownOptions options) {
 *     return TableJournal.resume(table, options);
 *   }
 * }
 * }</pre>
 *
 * <p>Runs stop instances of a simulator. The tests block their own thread only.
 */
public abstract class ShutdownJournalContract {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Duration GC_TIMEOUT = Duration.ofSeconds(5);
  private static final int FLEET = 60;
  private static final int PER_LIFE = 7;

  private final ShutdownOptions options =
      ShutdownOptions.builder()
          .runId("contract")
          .scope("cn-beijing")
          .protectTag("")
          .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(5)))
          .build();
  private final EcsSimulator service = EcsSimulator.builder().instances(FLEET).startNow();
  private final EcsClient client =
      EcsClient.builder()
          .region("cn-beijing")
          .endpoint(service.endpoint())
          .credentials(
              CredentialsProvider.fixed(
                  Credentials.of(service.accessKeyId(), service.secretAccessKey())))
          .rateLimiter(RateLimiter.unlimited())
          .build();
  private @Nullable ShutdownJournal opened;

  /** For subclasses. */
  protected ShutdownJournalContract() {}

  /** Creates the journal of a new run. The storage is empty, or has a journal of the same test. */
  protected abstract Mono<? extends ShutdownJournal> create(ShutdownOptions options);

  /** Resumes the run of the journal that this test created. */
  protected abstract Mono<? extends ShutdownJournal> resume(ShutdownOptions options);

  /**
   * Ends a journal as the crash of its process would: what is not stored yet is lost, and its lock
   * is freed. Default: {@link ShutdownJournal#disposeLater()}.
   */
  protected Mono<Void> crash(ShutdownJournal journal) {
    return journal.disposeLater();
  }

  /** Frees what a test has used. */
  @AfterEach
  final void close() {
    if (opened != null) {
      opened.disposeLater().block(TIMEOUT);
    }
    client.closeAsync().block(TIMEOUT);
    service.disposeLater().block(TIMEOUT);
  }

  @Test
  final void newJournal_hasRunAndNoInstance() {
    ShutdownJournal journal = open(create(options.mutate().build()));

    assertEquals("contract", journal.options().runId());
    assertEquals("cn-beijing", journal.options().scope());
    assertFalse(journal.state().isEmpty());
    assertEquals(0, journal.state().completed());
    assertEquals(Set.of(), journal.state().incomplete());
  }

  @Test
  final void runWithoutId_isGivenOneThatStays() {
    ShutdownOptions anyRun = ShutdownOptions.builder().build();
    ShutdownJournal journal = open(create(anyRun));
    String runId = Objects.requireNonNull(journal.options().runId());
    crash();

    assertEquals(runId, open(resume(anyRun)).options().runId());
  }

  @Test
  final void openJournal_isRefusedToASecondRun() {
    open(create(options));

    assertRefused(resume(options));
    assertRefused(create(options));
  }

  @Test
  final void existingJournal_isNotCreatedAgain() {
    open(create(options));
    crash();

    assertRefused(create(options));
    assertEquals(0, open(resume(options)).state().completed());
  }

  @Test
  final void otherRunOrParameters_areRefused() {
    open(create(options));
    crash();

    assertRefused(resume(options.mutate().runId("another").build()));
    assertRefused(resume(options.mutate().scope("cn-shanghai").build()));
    assertRefused(resume(options.mutate().forceStop(true).build()));
    assertRefused(resume(options.mutate().dryRun(true).build()));
    assertRefused(resume(options.mutate().stoppedMode(StoppedMode.STOP_CHARGING).build()));
    assertEquals("contract", open(resume(options)).options().runId());
  }

  /** The intent is durable before the call is sent. */
  @Test
  final void calledInstances_areInTheJournalAfterACrash() {
    service.faultAlways("StopInstance", Fault.HUNG);
    Disposable run = stop(open(create(options))).subscribe();
    await(() -> service.ledger().effects() >= FLEET / 2);
    run.dispose();
    crash();

    Set<InstanceId> incomplete = open(resume(options)).state().incomplete();
    for (String id : service.ids()) {
      assertTrue(
          service.ledger().effects(id) == 0 || incomplete.contains(InstanceId.of(id)),
          () -> id + " was stopped, and has no intent");
    }
  }

  @Test
  final void emittedOutcomes_areInTheJournalAfterACrash() {
    List<ShutdownOutcome> outcomes = outcomes(stop(open(create(options))).take(PER_LIFE));
    crash();

    JournalState state = open(resume(options)).state();
    assertEquals(PER_LIFE, outcomes.size());
    outcomes.forEach(
        outcome -> assertTrue(state.isCompleted(outcome.instanceId()), outcome::toString));
  }

  @Test
  final void crashedRuns_stopEachInstanceOnceAndEmitOneOutcomeEach() {
    service.faultNext("StopInstance", Fault.LOST_REPLY, PER_LIFE);
    Set<InstanceId> emitted = new HashSet<>();
    ShutdownJournal journal = open(create(options));
    while (journal.state().completed() < FLEET) {
      for (ShutdownOutcome outcome : outcomes(stop(journal).take(PER_LIFE))) {
        assertTrue(emitted.add(outcome.instanceId()), () -> "second outcome: " + outcome);
      }
      int before = journal.state().completed();
      crash();
      journal = open(resume(options));
      assertTrue(journal.state().completed() > before, "a resumed run makes progress");
    }

    assertEquals(Set.of(), journal.state().incomplete());
    SimulatorAssert.assertThatService(service).stoppedOnceEach(service.ids());
  }

  @Test
  final void resumedState_isThatOfTheStoredEvents() {
    RecordedJournal journal = new RecordedJournal(open(create(options)));
    service.failAlways(service.ids().get(0), EcsErrors.INVALID_INSTANCE_NOT_FOUND);
    service.failAlways(service.ids().get(1), GatewayErrors.ACCESS_DENIED);
    outcomes(stop(journal).take(FLEET - PER_LIFE));
    crash();

    JournalState replayed = JournalState.of("replayed", options);
    replayed.begin();
    journal.stored().forEach(stored -> replayed.apply(stored.line()));
    JournalState resumed = open(resume(options)).state();
    for (String id : service.ids()) {
      InstanceId instance = InstanceId.of(id);
      // An event may be stored although its completion was not seen.
      assertTrue(
          resumed.isCompleted(instance) || !replayed.isCompleted(instance),
          () -> "lost the outcome of " + id);
    }
    assertTrue(resumed.completedFailures() >= replayed.completedFailures());
    assertTrue(resumed.completed() >= replayed.completed());
  }

  @Test
  final void state_isThatOfTheOpening() {
    ShutdownJournal journal = open(create(options));
    assertEquals(FLEET, outcomes(stop(journal)).size());

    assertEquals(0, journal.state().completed());
    assertEquals(Set.of(), journal.state().incomplete());
    crash();
    assertEquals(FLEET, open(resume(options)).state().completed());
  }

  @Test
  final void failedStorage_endsTheRunBeforeACall() {
    ShutdownJournal journal = open(create(options));
    journal.disposeLater().block(TIMEOUT);

    assertFails(stop(journal).then());
    assertEquals(0, service.ledger().calls("StopInstance"));
    journal.disposeLater().block(TIMEOUT);
  }

  /** Memory is bounded for each id: no event is kept once it is stored. */
  @Test
  final void storedEvents_areNotKept() {
    RecordedJournal journal = new RecordedJournal(open(create(options)));
    assertEquals(FLEET, outcomes(stop(journal)).size());

    assertEquals(2 * FLEET, journal.stored().size());
    Flux.interval(Duration.ofMillis(50))
        .onBackpressureDrop()
        .doOnNext(tick -> System.gc())
        .takeUntil(
            tick -> journal.stored().stream().allMatch(stored -> stored.event().get() == null))
        .blockLast(GC_TIMEOUT);
  }

  private ShutdownJournal open(Mono<? extends ShutdownJournal> opening) {
    ShutdownJournal journal = Objects.requireNonNull(opening.block(TIMEOUT), "no journal");
    opened = journal;
    return journal;
  }

  private void crash() {
    crash(Objects.requireNonNull(opened, "no journal")).block(TIMEOUT);
  }

  private Flux<ShutdownOutcome> stop(ShutdownJournal journal) {
    return FleetShutdown.create(client, journal)
        .stop(Flux.fromIterable(service.ids()).map(InstanceId::of));
  }

  private static List<ShutdownOutcome> outcomes(Flux<ShutdownOutcome> run) {
    return Objects.requireNonNull(run.collectList().block(TIMEOUT));
  }

  private static void await(BooleanSupplier condition) {
    Flux.interval(Duration.ofMillis(5))
        .onBackpressureDrop()
        .takeUntil(tick -> condition.getAsBoolean())
        .blockLast(TIMEOUT);
  }

  private void assertRefused(Mono<? extends ShutdownJournal> opening) {
    assertFails(opening.flatMap(wrong -> wrong.disposeLater().thenReturn(wrong)).then());
  }

  private static void assertFails(Mono<Void> action) {
    EcsException error = assertThrows(EcsException.class, () -> action.block(TIMEOUT));
    assertEquals(ClientErrors.JOURNAL_FAILED, error.errorCode());
  }
}
