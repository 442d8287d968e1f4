package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.JournalFormat.BatchIntent;
import io.fleetstop.fleet.JournalFormat.Header;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the events of a journal, one after the other, make of its instances. */
class JournalStateTest {

  private static final InstanceId ONE = InstanceId.of("i-1");
  private static final InstanceId TWO = InstanceId.of("i-2");
  private static final Target NORTH = new Target("prod", "cn-beijing");
  private static final Target SOUTH = new Target("prod", "cn-shanghai");
  private static final ShutdownOptions OPTIONS = ShutdownOptions.builder().runId("night").build();

  private final JournalState state = JournalState.of("test", OPTIONS);

  private JournalState begun() {
    state.begin();
    return state;
  }

  private static JournalEvent intent(InstanceId id) {
    return JournalEvent.intentOf(id, Instant.EPOCH);
  }

  private static BatchIntent batch(long number, InstanceId... ids) {
    return new BatchIntent(Instant.EPOCH, new StopBatch(number, "token-" + number, List.of(ids)));
  }

  private static OutcomeRecord outcome(InstanceId id, Kind kind, boolean conclusive) {
    return outcome(id, kind, conclusive, false, "");
  }

  /** An outcome that shows that no request had an effect. */
  private static OutcomeRecord rejected(InstanceId id, Kind kind) {
    return outcome(id, kind, false, true, "AccessDenied");
  }

  private static OutcomeRecord outcome(
      InstanceId id, Kind kind, boolean conclusive, boolean rejected, String code) {
    return new OutcomeRecord(
        Instant.EPOCH, id, kind, conclusive, rejected, code, null, null, 1, 0, false);
  }

  @Test
  void run_beginsOnce() {
    assertThat(state.isEmpty()).isTrue();
    assertThat(state.begin()).isEqualTo(Header.of("night", OPTIONS));
    assertThat(state.isEmpty()).isFalse();
    assertThatIllegalStateException()
        .isThrownBy(state::begin)
        .withMessage("the journal test has begun");
    assertThatThrownBy(() -> state.apply(Header.of("night", OPTIONS)))
        .hasMessageContaining("line 2 cannot be read: it begins a second journal");
  }

  @Test
  void runWithoutAnId_isGivenOne() {
    JournalState unnamed = JournalState.of("test", ShutdownOptions.defaults());

    Header header = (Header) unnamed.begin();

    assertThat(header.runId()).hasSize(36).isEqualTo(unnamed.options().runId());
  }

  @Test
  void claim_isForOneRun() {
    assertThat(state.tryClaim()).isTrue();
    assertThat(state.tryClaim()).isFalse();
  }

  @Test
  void intent_isIncompleteUntilAFinalOutcome() {
    begun().apply(intent(ONE));
    assertThat(state.isIncomplete(ONE)).isTrue();
    assertThat(state.isCompleted(ONE)).isFalse();
    assertThat(state.incompleteExcept(Set.of(TWO))).containsExactly(ONE);
    assertThat(state.incompleteExcept(Set.of(ONE))).isEmpty();
    assertThat(state.hasInstancesOfNoTarget()).isTrue();

    state.apply(outcome(ONE, Kind.STOPPED, true));
    assertThat(state.isIncomplete(ONE)).isFalse();
    assertThat(state.isCompleted(ONE)).isTrue();
    assertThat(state.completed()).isEqualTo(1);
    assertThat(state.completedFailures()).isZero();
    assertThat(state.hasInstancesOfNoTarget()).isTrue();
  }

  @Test
  void laterOutcome_replacesAnEarlierOne() {
    begun().apply(outcome(ONE, Kind.FAILED, true)).apply(outcome(TWO, Kind.FAILED, true));
    assertThat(state.completedFailures()).isEqualTo(2);

    state.apply(outcome(ONE, Kind.UNCONFIRMED, false)).apply(outcome(TWO, Kind.STOPPED, true));
    assertThat(state.completedFailures()).isZero();
    assertThat(state.completed()).isEqualTo(1);
    assertThat(state.isCompleted(ONE)).isFalse();
    assertThat(state.isIncomplete(ONE)).isTrue();

    state.apply(outcome(ONE, Kind.STOPPED, true));
    assertThat(state.completed()).isEqualTo(2);
    assertThat(state.isCompleted(ONE)).isTrue();
    assertThat(state.isIncomplete(ONE)).isFalse();
  }

  @Test
  void rejection_lastsUntilTheNextCall() {
    begun().apply(intent(ONE)).apply(rejected(ONE, Kind.FAILED));
    assertThat(state.isRejected(ONE)).isTrue();

    // It may have been polled only.
    state.apply(outcome(ONE, Kind.UNCONFIRMED, false));
    assertThat(state.isRejected(ONE)).isTrue();

    state.apply(intent(ONE));
    assertThat(state.isRejected(ONE)).isFalse();

    state.apply(rejected(ONE, Kind.FAILED)).apply(outcome(ONE, Kind.STOPPED, true));
    assertThat(state.isRejected(ONE)).isFalse();
  }

  @Test
  void skippedInstance_isIncompleteIfItHasAnOpenOutcome() {
    begun().apply(intent(ONE)).apply(outcome(ONE, Kind.SKIPPED, false));
    assertThat(state.isIncomplete(ONE)).isFalse();

    state.apply(outcome(TWO, Kind.UNCONFIRMED, false)).apply(outcome(TWO, Kind.SKIPPED, false));
    assertThat(state.isIncomplete(TWO)).isTrue();
    assertThat(state.isRejected(TWO)).isTrue();

    state.apply(outcome(TWO, Kind.STOPPED, true)).apply(intent(TWO));
    state.apply(outcome(TWO, Kind.SKIPPED, false));
    assertThat(state.isIncomplete(TWO)).isFalse();
  }

  @Test
  void acceptedStop_isFinalUnlessItIsAwaited() {
    begun().apply(outcome(ONE, Kind.ACCEPTED, true));
    assertThat(state.isCompleted(ONE)).isFalse();

    JournalState noWait = JournalState.of("test", OPTIONS.mutate().awaitStopped(false).build());
    noWait.begin();
    noWait.apply(outcome(ONE, Kind.ACCEPTED, true));
    assertThat(noWait.isCompleted(ONE)).isTrue();
  }

  @Test
  void batch_isTheLastCallOfItsOpenMembers() {
    BatchIntent third = batch(3, ONE, TWO);
    begun().apply(third);
    assertThat(state.isIncomplete(ONE)).isTrue();
    assertThat(state.batchOf(ONE)).isEqualTo(third.batch());
    assertThat(state.lastBatch()).isEqualTo(3);

    state.apply(batch(2, TWO));
    assertThat(state.lastBatch()).isEqualTo(3);

    state.apply(intent(ONE));
    assertThat(state.batchOf(ONE)).isNull();

    state.apply(rejected(TWO, Kind.FAILED));
    assertThat(state.batchOf(TWO)).isNull();
    state.apply(batch(4, TWO));
    assertThat(state.batchOf(TWO)).isEqualTo(batch(4, TWO).batch());

    state.apply(outcome(TWO, Kind.STOPPED, true));
    assertThat(state.batchOf(TWO)).isNull();
    state.apply(batch(5, ONE)).apply(outcome(ONE, Kind.SKIPPED, false));
    assertThat(state.batchOf(ONE)).isNull();
  }

  @Test
  void targets_haveTheirOwnStates() {
    begun()
        .apply(new TargetEvent(NORTH, outcome(ONE, Kind.STOPPED, true)))
        .apply(new TargetEvent(SOUTH, outcome(ONE, Kind.FAILED, true)))
        .apply(new TargetEvent(SOUTH, intent(TWO)));

    assertThat(state.targets()).containsExactly(NORTH, SOUTH).isUnmodifiable();
    assertThat(state.of(NORTH).isCompleted(ONE)).isTrue();
    assertThat(state.of(SOUTH).incomplete()).containsExactly(TWO).isUnmodifiable();
    assertThat(state.completed()).isEqualTo(2);
    assertThat(state.completedFailures()).isEqualTo(1);
    assertThat(state.hasInstancesOfNoTarget()).isFalse();
    assertThat(state.isCompleted(ONE)).isFalse();

    Target other = new Target("test", "cn-beijing");
    assertThat(state.of(other)).isSameAs(state.of(other));
    assertThat(state.of(other).isEmpty()).isFalse();
    assertThat(state.targets()).doesNotContain(other);
  }

  @Test
  void dryRunThatMayHaveStopped_cannotBeResumed() {
    OutcomeRecord unexpected =
        outcome(ONE, Kind.FAILED, false, false, ClientErrors.UNEXPECTED_SUCCESS.code());
    begun();

    assertThatThrownBy(() -> state.apply(unexpected))
        .isInstanceOfSatisfying(
            EcsException.class,
            error ->
                assertThat(error.detail())
                    .contains("its dry run may have stopped i-1, and cannot be resumed"));
  }

  @Test
  void damagedLine_isNamedWithWhatToDo() {
    assertThatThrownBy(() -> state.apply("{}"))
        .hasMessageContaining("line 1 cannot be read")
        .hasMessageContaining("the file is not a journal, or its beginning is damaged");
    begun();
    assertThatThrownBy(() -> state.apply("{}"))
        .hasMessageContaining("line 2 cannot be read")
        .hasMessageContaining("repair it, or begin a new journal");
  }
}
