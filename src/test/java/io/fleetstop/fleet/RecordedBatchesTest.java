package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.RecordedBatches.Member;
import io.fleetstop.model.InstanceId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Two batches with one number, as in a journal that was merged from two, and a later one. */
class RecordedBatchesTest {

  private final StopBatch one = batch("one", "i-1", "i-2");
  private final StopBatch other = batch("other", "i-3", "i-4");
  private final Map<InstanceId, StopBatch> recorded = new HashMap<>();

  RecordedBatchesTest() {
    Stream.of(one, other).forEach(batch -> batch.ids().forEach(id -> recorded.put(id, batch)));
  }

  private static StopBatch batch(String token, String... ids) {
    return new StopBatch(1, token, Stream.of(ids).map(InstanceId::of).toList());
  }

  @Test
  void eachIsRepeatedByItsOwnMembers() {
    RecordedBatches batches = new RecordedBatches(recorded::get);
    List.of("i-1", "i-2", "i-3").forEach(id -> batches.set(InstanceId.of(id), Member.ADMITTED));
    assertThat(batches.undecided(InstanceId.of("i-3"))).isEqualTo(other);

    batches.onAllStarted();
    recorded.keySet().forEach(id -> assertThat(batches.undecided(id)).isNull());
    assertThat(batches.repeatable(InstanceId.of("i-1"))).isEqualTo(one);
    assertThat(batches.repeatable(InstanceId.of("i-3"))).isNull();
    assertThat(batches.isCalledSingly(InstanceId.of("i-3"))).isTrue();
  }

  @Test
  void batchWithAMemberThatAnotherOneCalledLater_isNotRepeated() {
    StopBatch later = batch("later", "i-1");
    recorded.put(InstanceId.of("i-1"), later);
    RecordedBatches batches = new RecordedBatches(recorded::get);
    one.ids().forEach(id -> batches.set(id, Member.ADMITTED));

    one.ids().forEach(id -> assertThat(batches.undecided(id)).isNull());
    assertThat(batches.repeatable(InstanceId.of("i-2"))).isNull();
    assertThat(batches.isCalledSingly(InstanceId.of("i-2"))).isTrue();
    assertThat(batches.repeatable(InstanceId.of("i-1"))).isEqualTo(later);
  }

  @Test
  void eachBindsItsOwnMembers() {
    BatchBindings bindings = new BatchBindings(recorded::get);

    assertThat(Objects.requireNonNull(bindings.of(InstanceId.of("i-1"))).batch()).isEqualTo(one);
    assertThat(Objects.requireNonNull(bindings.of(InstanceId.of("i-3"))).batch()).isEqualTo(other);
    assertThat(bindings.of(InstanceId.of("i-2"))).isSameAs(bindings.of(InstanceId.of("i-1")));
  }
}
