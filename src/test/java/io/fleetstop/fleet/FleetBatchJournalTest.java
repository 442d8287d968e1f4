package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.JournalFormat.BatchIntent;
import io.fleetstop.fleet.JournalFormat.Header;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstances;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** A journal with a batch that an earlier run may have sent, to three instances. */
class FleetBatchJournalTest extends JournalFixture {

  private static final Instant AT = Instant.parse("2026-11-22T19:00:00Z");
  private static final List<InstanceId> IDS =
      Stream.of("i-1", "i-2", "i-3").map(InstanceId::of).toList();

  private final StubClient client = new StubClient();
  private final ShutdownOptions options =
      ShutdownOptions.builder()
          .runId("night")
          .batchSize(100)
          .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(1)))
          .failureLimit(FailureLimit.none())
          .build();

  private void write(JournalEvent... more) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(JournalFormat.toText(Header.of("night", options)));
    lines.add(JournalFormat.toText(new BatchIntent(AT, new StopBatch(1, "token", IDS))));
    Stream.of(more).map(JournalFormat::toText).forEach(lines::add);
    Files.write(file, lines);
  }

  private List<ShutdownOutcome> resume(List<InstanceId> ids) {
    ShutdownJournal journal = await(ShutdownJournal.resume(file, options));
    try {
      return Objects.requireNonNull(
          FleetShutdown.create(client, journal)
              .stop(Flux.fromIterable(ids))
              .collectList()
              .block(PATIENCE));
    } finally {
      journal.disposeLater().block(PATIENCE);
    }
  }

  private void assertCalledSingly(String... ids) {
    assertThat(client.batches).isEmpty();
    assertThat(client.called()).containsExactlyInAnyOrder(ids);
  }

  @Test
  void batch_isRepeatedAsItWas() throws IOException {
    write();

    assertThat(resume(IDS)).hasSize(3);

    assertThat(client.batches)
        .singleElement()
        .returns("token", StopInstances::clientToken)
        .returns(IDS, StopInstances::instanceIds);
    assertThat(client.called()).isEmpty();
  }

  @Test
  @Tag("guarantee:protection")
  void batchWithAProtectedInstance_isNotRepeated() throws IOException {
    write();
    client.onDescribe =
        ids ->
            client
                .describe(ids)
                .map(one -> one.instanceId().equals("i-2") ? protectedOne(one.status()) : one);

    assertThat(resume(IDS)).hasSize(3);

    assertCalledSingly("i-1", "i-3");
  }

  private static Instance protectedOne(String status) {
    return new Instance(
        "i-2",
        null,
        status,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        List.of(new Instance.Tag(ShutdownOptions.PROTECT_TAG, "")));
  }

  @Test
  void batchWithAnInstanceThatIsNotNamed_isNotRepeated() throws IOException {
    write();

    assertThat(resume(IDS.subList(0, 2))).hasSize(2);

    assertCalledSingly("i-1", "i-2");
  }

  @Test
  void batchWithAFinishedInstance_isNotRepeated() throws IOException {
    ShutdownOutcome.CallStats stats =
        new ShutdownOutcome.CallStats(1, Duration.ofSeconds(1), "req");
    write(OutcomeRecord.of(new ShutdownOutcome.Stopped(InstanceId.of("i-1"), stats), AT));

    assertThat(resume(IDS)).hasSize(2);

    assertCalledSingly("i-2", "i-3");
  }

  @Test
  void membersOfABatch_areShownAsOpen() throws IOException {
    write();

    JournaledRun run = Objects.requireNonNull(JournaledRun.read(file).block(PATIENCE));

    assertThat(run.open()).containsExactlyElementsOf(IDS);
    assertThat(run.begun()).isEqualTo(AT);
  }
}
