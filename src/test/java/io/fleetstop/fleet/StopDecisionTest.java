package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.StopState.AwaitingGoal;
import io.fleetstop.fleet.StopState.BackingOff;
import io.fleetstop.fleet.StopState.Calling;
import io.fleetstop.fleet.StopState.DescribingFirst;
import io.fleetstop.fleet.StopState.Finished;
import io.fleetstop.fleet.StopState.Ready;
import io.fleetstop.fleet.StopState.Resolving;
import io.fleetstop.fleet.StopState.Verifying;
import io.fleetstop.fleet.StopStep.BackOff;
import io.fleetstop.fleet.StopStep.Finish;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.samples.GeneratedBlock;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every state with every event, against the table that is a page of the documentation. */
class StopDecisionTest {

  private static EcsException stateError() {
    return StopEvents.error(EcsErrors.INVALID_INSTANCE_STATUS, Delivery.REJECTED, null);
  }

  private static EcsException busy() {
    return StopEvents.error(EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED, Delivery.REJECTED, null);
  }

  private static final StopFacts NEW = StopFacts.initial(false);
  private static final StopFacts LOST =
      NEW.afterIntent()
          .afterError(StopEvents.error(GatewayErrors.ACCESS_DENIED, Delivery.UNKNOWN, null));

  private static final StopSettings WAITING = settings(false, true);
  private static final Map<String, StopSettings> SETTINGS = new LinkedHashMap<>();

  static {
    SETTINGS.put("", WAITING);
    SETTINGS.put("without waiting: ", settings(false, false));
    SETTINGS.put("dry run: ", settings(true, false));
  }

  private static StopSettings settings(boolean dryRun, boolean awaitGoal) {
    return new StopSettings(Operation.STOP, dryRun, awaitGoal, StoppedMode.KEEP_CHARGING);
  }

  private static StopSettings of(Operation operation, StopSettings stop) {
    return new StopSettings(operation, stop.dryRun(), stop.awaitGoal(), stop.stoppedMode());
  }

  /** The states by the title of their table. */
  private static final Map<String, Function<StopFacts, StopState>> STATES = new LinkedHashMap<>();

  static {
    STATES.put("Ready", Ready::new);
    STATES.put("Calling", Calling::new);
    STATES.put("BackingOff", facts -> new BackingOff(facts.afterError(busy()), busy()));
    STATES.put("DescribingFirst", DescribingFirst::new);
    STATES.put("Resolving", facts -> new Resolving(facts.afterError(stateError()), stateError()));
    STATES.put("Verifying", facts -> new Verifying(facts.afterAcceptance()));
    STATES.put("AwaitingGoal", facts -> new AwaitingGoal(facts.afterAcceptance(), null));
  }

  @Test
  void page_holdsEveryStateAndEvent() throws IOException {
    for (Map.Entry<String, Function<StopFacts, StopState>> state : STATES.entrySet()) {
      GeneratedBlock.requireUpToDate(
          "decisions.md", state.getKey(), table(state.getValue(), Operation.STOP));
      GeneratedBlock.requireUpToDate(
          "decisions.md", "start, " + state.getKey(), table(state.getValue(), Operation.START));
    }
  }

  private static String table(Function<StopFacts, StopState> state, Operation operation) {
    boolean mayBeNew = !state.apply(NEW).facts().mayHaveTakenEffect();
    StringJoiner table = new StringJoiner("\n");
    table.add(
        mayBeNew
            ? "| event | no request can have taken effect | a request may have taken effect |"
            : "| event | decision |");
    table.add(mayBeNew ? "|---|---|---|" : "|---|---|");
    // Events with the same decisions share a row.
    Map<String, List<String>> rows = new LinkedHashMap<>();
    for (String event : StopEvents.of(state.apply(NEW)).keySet()) {
      String known = cell(state.apply(LOST), event, operation);
      String cells = mayBeNew ? cell(state.apply(NEW), event, operation) + " | " + known : known;
      rows.computeIfAbsent(cells, none -> new ArrayList<>()).add(event);
    }
    rows.forEach((cells, events) -> table.add("| " + joined(events) + " | " + cells + " |"));
    return table.toString();
  }

  /** Joins names; those that differ in the delivery alone become one. */
  private static String joined(List<String> events) {
    Map<String, String> deliveries = new LinkedHashMap<>();
    for (String event : events) {
      int comma = event.lastIndexOf(", ");
      boolean hasDelivery = comma > 0 && event.substring(comma + 2).matches("[A-Z_]+");
      deliveries.merge(
          hasDelivery ? event.substring(0, comma) : event,
          hasDelivery ? ", " + event.substring(comma + 2) : "",
          (one, other) -> one + "/" + other.substring(2));
    }
    List<String> names = new ArrayList<>();
    deliveries.forEach((name, delivery) -> names.add(name + delivery));
    return String.join("; ", names);
  }

  private static String cell(StopState state, String event, Operation operation) {
    Set<String> shown = new LinkedHashSet<>();
    String usual = text(decide(state, event, of(operation, WAITING)));
    shown.add(usual);
    SETTINGS.forEach(
        (name, settings) -> {
          String decision = text(decide(state, event, of(operation, settings)));
          if (!decision.equals(usual)) {
            shown.add(name + decision);
          }
        });
    return String.join("; ", shown);
  }

  private static StopDecision decide(StopState state, String event, StopSettings settings) {
    return StopDecision.decide(
        state, Objects.requireNonNull(StopEvents.of(state).get(event)), settings);
  }

  private static String text(StopDecision decision) {
    StopStep step = decision.step();
    if (step instanceof Finish finish) {
      return "**" + finish.kind() + "**";
    }
    String move = step instanceof BackOff backOff ? "BACK_OFF " + backOff.cause() : step.toString();
    return move + " → " + decision.state().getClass().getSimpleName();
  }

  @Test
  void finishedInstance_keepsItsOutcome() {
    Finish outcome = StopOutcomes.accepted();
    for (Function<StopFacts, StopState> state : STATES.values()) {
      for (StopEvent event : StopEvents.of(state.apply(NEW)).values()) {
        StopDecision after = StopDecision.decide(new Finished(LOST, outcome), event, WAITING);
        assertThat(after.step()).isEqualTo(outcome);
      }
    }
  }

  @Test
  void eventOfAnotherState_throws() {
    for (Function<StopFacts, StopState> made : STATES.values()) {
      StopState state = made.apply(LOST);
      Set<Class<?>> possible = classesOf(StopEvents.of(state));
      for (Function<StopFacts, StopState> other : STATES.values()) {
        for (StopEvent event : StopEvents.of(other.apply(LOST)).values()) {
          boolean mayHappen =
              event instanceof StopEvent.Signal
                  ? StopEvents.of(state).containsValue(event)
                  : possible.contains(event.getClass());
          if (!mayHappen) {
            assertThatThrownBy(() -> StopDecision.decide(state, event, WAITING))
                .as("%s in %s", event, state)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(state.getClass().getSimpleName());
          }
        }
      }
    }
  }

  @Test
  void firstStep_isADescriptionOnlyIfItIsWanted() {
    for (boolean resumed : new boolean[] {false, true}) {
      StopDecision called = StopDecision.start(resumed, false);
      assertThat(called.step()).isEqualTo(StopStep.Move.ENQUEUE);
      assertThat(called.state()).isEqualTo(new Ready(StopFacts.initial(resumed)));
      StopDecision described = StopDecision.start(resumed, true);
      assertThat(described.step()).isEqualTo(StopStep.Move.DESCRIBE);
      assertThat(described.state()).isEqualTo(new DescribingFirst(StopFacts.initial(resumed)));
    }
  }

  @Test
  void instanceInError_failsWithWhatIsKnownOfTheRequest() {
    assertThat(errorDetail(NEW)).startsWith("The request was not accepted, and");
    assertThat(errorDetail(NEW.afterAcceptance())).startsWith("The request was accepted, and");
    assertThat(errorDetail(LOST))
        .startsWith("The request was not seen as accepted, though it may have been, and");
  }

  private static String errorDetail(StopFacts facts) {
    StopDecision decision = decide(new AwaitingGoal(facts, null), "shown ERROR", WAITING);
    EcsException error = Objects.requireNonNull(((Finish) decision.step()).error());
    return Objects.requireNonNull(error.detail());
  }

  @Test
  void callEndedByTheRun_isSkippedAfterTheErrorOfTheService() {
    String before = "the run ended before it was called";
    assertThat(skippedFor(null)).isEqualTo(before);
    assertThat(skippedFor(StopEvents.error(ClientErrors.CLOSED, Delivery.NOT_SENT, Limit.CALLER)))
        .isEqualTo(before);
    assertThat(
            skippedFor(
                StopEvents.error(
                    GatewayErrors.FLOW_LIMIT_EXCEEDED, Delivery.REJECTED, Limit.CALLER)))
        .isEqualTo(before + " again, after FlowLimitExceeded");
  }

  private static String skippedFor(@Nullable EcsException error) {
    StopDecision decision =
        StopDecision.decide(
            new Calling(NEW.afterIntent()), new StopEvent.RunStopped(error), WAITING);
    return Objects.requireNonNull(((Finish) decision.step()).reason());
  }

  @Test
  void roundsCountCallsThatWereSent() {
    EcsException full = StopEvents.error(ClientErrors.RATE_LIMITER_FULL, Delivery.NOT_SENT, null);
    EcsException sent = StopEvents.error(ClientErrors.RATE_LIMITER_FULL, Delivery.REJECTED, null);
    EcsException queued =
        StopEvents.error(ClientErrors.QUEUE_TIMEOUT, Delivery.NOT_SENT, Limit.DEADLINE);
    EcsException throttled =
        StopEvents.error(GatewayErrors.FLOW_LIMIT_EXCEEDED, Delivery.REJECTED, Limit.DEADLINE);
    StopFacts last = NEW.afterRound().afterRound().afterRound().afterRound();

    assertThat(afterError(NEW, full).rounds()).isZero();
    assertThat(afterError(NEW, full).queueFullRetries()).isEqualTo(1);
    assertThat(afterError(NEW, sent).rounds()).isEqualTo(1);
    assertThat(afterError(NEW, sent).queueFullRetries()).isEqualTo(1);
    assertThat(afterError(NEW, queued).rounds()).isZero();
    assertThat(afterError(NEW, throttled).rounds()).isEqualTo(1);
    // Without a further round only what was not sent is repeated.
    assertThat(decided(last, full).state()).isInstanceOf(BackingOff.class);
    assertThat(decided(last, sent).state()).isInstanceOf(Finished.class);
    assertThat(decided(last, queued).state()).isInstanceOf(Ready.class);
    assertThat(decided(last, throttled).state()).isInstanceOf(Finished.class);
  }

  private static StopFacts afterError(StopFacts facts, EcsException error) {
    return decided(facts, error).state().facts();
  }

  private static StopDecision decided(StopFacts facts, EcsException error) {
    return StopDecision.decide(
        new Calling(facts.afterIntent()), new StopEvent.Rejected(error), WAITING);
  }

  private static Set<Class<?>> classesOf(Map<String, StopEvent> events) {
    Set<Class<?>> classes = new LinkedHashSet<>();
    events.values().forEach(event -> classes.add(event.getClass()));
    return classes;
  }

  /** One way through the table, as far as the invariants depend on it. */
  private record Path(
      StopDecision last, List<String> events, boolean mayHaveTakenEffect, boolean intent) {}

  @Tag("guarantee:no-false-failure")
  @Test
  void everyPathOfEightEvents_keepsTheInvariants() {
    for (Operation operation : Operation.values()) {
      everyPathKeepsTheInvariants(operation);
    }
  }

  private static void everyPathKeepsTheInvariants(Operation operation) {
    for (StopSettings stop : SETTINGS.values()) {
      StopSettings settings = of(operation, stop);
      for (boolean resumed : new boolean[] {false, true}) {
        Set<String> known = new LinkedHashSet<>();
        List<Path> paths =
            List.of(
                new Path(
                    StopDecision.start(resumed, resumed && !settings.dryRun()),
                    List.of(),
                    resumed,
                    resumed));
        for (int length = 1; length <= 8; length++) {
          List<Path> next = new ArrayList<>();
          for (Path path : paths) {
            extend(path, settings, known, next);
          }
          paths = next;
        }
        assertThat(known).hasSizeGreaterThan(20);
      }
    }
  }

  /** Paths that lead to the same state differ in nothing that later events depend on. */
  private static void extend(Path path, StopSettings settings, Set<String> known, List<Path> next) {
    StopEvents.of(path.last.state())
        .forEach(
            (name, event) -> {
              List<String> events = new ArrayList<>(path.events);
              events.add(name);
              StopDecision decision = StopDecision.decide(path.last.state(), event, settings);
              boolean mayHaveTakenEffect =
                  path.mayHaveTakenEffect
                      || event instanceof StopEvent.Accepted
                      || (event instanceof StopEvent.Rejected rejected
                          && rejected.error().delivery() == Delivery.UNKNOWN)
                      || (event instanceof StopEvent.Frozen frozen
                          && frozen.error().delivery() == Delivery.UNKNOWN);
              boolean intent = path.intent || decision.step() == StopStep.Move.RECORD_INTENT;
              Path extended = new Path(decision, events, mayHaveTakenEffect, intent);
              requireInvariants(extended, event, settings);
              if (!(decision.step() instanceof Finish) && known.add(key(extended))) {
                next.add(extended);
              }
            });
  }

  private static String key(Path path) {
    StopFacts facts = path.last.state().facts();
    EcsException last = facts.lastError();
    return path.last.state().getClass().getSimpleName()
        + facts.resumed()
        + facts.intentRecorded()
        + facts.accepted()
        + facts.unknownDelivery()
        + facts.rounds()
        + facts.busyRetries()
        + facts.queueFullRetries()
        + (last == null ? "" : last.errorCode().code() + last.delivery());
  }

  private static void requireInvariants(Path path, StopEvent event, StopSettings settings) {
    String as = path.events + " with " + settings;
    if (path.last.step() == StopStep.Move.CALL) {
      assertThat(path.intent).as("an intent before the call: " + as).isTrue();
      assertThat(event)
          .as("no call after the end: " + as)
          .isNotInstanceOf(StopEvent.RunStopped.class);
    }
    if (!(path.last.step() instanceof Finish finish)) {
      assertThat(StopEvents.of(path.last.state())).as("an exit: " + as).isNotEmpty();
      return;
    }
    String shown = path.events.get(path.events.size() - 1);
    switch (finish.kind()) {
      case STOPPED, STARTED -> {
        assertThat(finish.kind()).as(as).isEqualTo(settings.operation().done());
        assertThat(shown).as(as).isEqualTo("shown " + settings.operation().goal());
        assertThat(path.mayHaveTakenEffect).as(as).isTrue();
        assertThat(settings.dryRun()).as(as).isFalse();
      }
      case ALREADY_STOPPED, ALREADY_RUNNING -> {
        assertThat(finish.kind()).as(as).isEqualTo(settings.operation().already());
        assertThat(shown)
            .as(as)
            .containsAnyOf(
                "shown " + settings.operation().goal(), "shown " + settings.operation().leading());
        assertThat(path.mayHaveTakenEffect).as(as).isFalse();
      }
      case ACCEPTED -> {
        assertThat(path.mayHaveTakenEffect).as(as).isTrue();
        assertThat(settings.awaitGoal() || settings.dryRun()).as(as).isFalse();
      }
      case DRY_RUN_PASSED -> {
        assertThat(shown).as(as).isEqualTo("accepted");
        assertThat(settings.dryRun()).as(as).isTrue();
      }
      case FAILED -> {
        // The service reports an instance in ERROR: it is not stopped, whatever took effect.
        assertThat(path.mayHaveTakenEffect && !shown.equals("shown ERROR")).as(as).isFalse();
        assertThat(finish.error()).as(as).isNotNull();
      }
      case SKIPPED -> assertThat(path.mayHaveTakenEffect).as(as).isFalse();
      case UNCONFIRMED -> assertThat(finish.reason()).as(as).isNotBlank();
    }
  }
}
