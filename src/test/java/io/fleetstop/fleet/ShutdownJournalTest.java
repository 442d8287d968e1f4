package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.CallStats;
import io.fleetstop.fleet.ShutdownOutcome.DryRunPassed;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance.StoppedMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ShutdownJournalTest extends JournalFixture {

  private static final CallStats EFFORT = new CallStats(2, Duration.ofMillis(1_500), "req-1");

  private final ShutdownOptions options =
      ShutdownOptions.builder().protectTag("").runId("night").build();

  private ShutdownJournal open() {
    return await(ShutdownJournal.create(file, options));
  }

  private ShutdownJournal resume() {
    return await(ShutdownJournal.resume(file, options));
  }

  private static InstanceId id(String value) {
    return InstanceId.of(value);
  }

  private static Failed failed(String id, ErrorCode code) {
    return new Failed(
        id(id),
        EFFORT,
        EcsException.builder(code, Delivery.REJECTED).detail("why\n\"not\"").build());
  }

  /** A journal that has been closed. */
  private void write(ShutdownOutcome... outcomes) {
    ShutdownJournal journal = open();
    for (ShutdownOutcome outcome : outcomes) {
      journal.append(intent(outcome.instanceId().value())).block(PATIENCE);
      journal.append(event(outcome)).block(PATIENCE);
    }
    journal.disposeLater().block(PATIENCE);
  }

  private static void refused(ThrowingCallable action, String... words) {
    assertThatThrownBy(action)
        .isInstanceOfSatisfying(
            EcsException.class,
            e -> {
              assertThat(e.errorCode()).isEqualTo(ClientErrors.JOURNAL_FAILED);
              assertThat(e.detail()).contains(words);
            });
  }

  @Test
  void writesOneJsonObjectPerLine() throws IOException {
    write(failed("i-1", EcsErrors.INVALID_INSTANCE_NOT_FOUND));

    List<JsonNode> lines =
        Files.readAllLines(file).stream().map(new JsonMapper()::readTree).toList();
    assertThat(Files.readString(file)).startsWith(JournalFormat.START).endsWith("}\n");
    assertThat(lines.get(0).toString())
        .isEqualTo(
            "{\"journal\":\"fleetstop\",\"version\":1,\"runId\":\"night\",\"forceStop\":false,"
                + "\"stoppedMode\":\"KeepCharging\",\"dryRun\":false,\"crc\":\"a3223554\"}");
    assertThat(lines.get(1).path("event").stringValue()).isEqualTo("intent");
    assertThat(lines.get(1).path("instanceId").stringValue()).isEqualTo("i-1");
    assertThat(lines.get(2).toString())
        .contains(
            "\"event\":\"outcome\",\"instanceId\":\"i-1\",\"outcome\":\"FAILED\",\"final\":true,"
                + "\"errorCode\":\"InvalidInstance.NotFound\",\"refused\":true,\"message\":\"why\\\\u000a\\\"not\\\"\","
                + "\"requestId\":\"req-1\",\"attempts\":2,\"elapsedMillis\":1500");
    assertThat(lines).hasSize(3).allMatch(JsonNode::isObject);
  }

  @Test
  void longMessage_isTruncated() throws IOException {
    write(
        new Skipped(id("i-1"), EFFORT, "x".repeat(100_000)),
        new Skipped(id("i-2"), EFFORT, "y".repeat(300)),
        new Unconfirmed(id("i-3"), EFFORT, "its state cannot be seen", null));

    assertThat(messages())
        .containsExactly("x".repeat(300) + "\u2026", "y".repeat(300), "its state cannot be seen");
  }

  private List<String> messages() throws IOException {
    return Files.readAllLines(file).stream()
        .map(new JsonMapper()::readTree)
        .filter(line -> line.has("message"))
        .map(line -> line.path("message").stringValue())
        .toList();
  }

  @Test
  void resume_followsTableOfOutcomes() {
    write(
        new Stopped(id("i-stopped"), EFFORT),
        new AlreadyStopped(id("i-already"), EFFORT),
        new DryRunPassed(id("i-dry"), EFFORT),
        new Accepted(id("i-accepted"), EFFORT),
        failed("i-state", EcsErrors.INVALID_INSTANCE_STATUS),
        failed("i-conflict", EcsErrors.INVALID_STOPPED_MODE_CONFLICT),
        failed("i-gone", EcsErrors.INVALID_INSTANCE_NOT_FOUND),
        failed("i-request", EcsErrors.INVALID_ARGUMENT),
        failed("i-busy", EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED),
        failed("i-forbidden", GatewayErrors.ACCESS_DENIED),
        failed("i-guess", ErrorCode.classify(null, null, 400)),
        failed("i-closed", ClientErrors.CLOSED),
        new Unconfirmed(id("i-unconfirmed"), EFFORT, "who knows", null),
        new Skipped(id("i-skipped"), EFFORT, "no slot"));

    ShutdownJournal journal = resume();
    assertThat(journal.state().completed()).isEqualTo(7);
    assertThat(journal.state().completedFailures()).isEqualTo(4);
    for (String done :
        List.of(
            "i-stopped", "i-already", "i-dry", "i-state", "i-conflict", "i-gone", "i-request")) {
      assertThat(journal.state().isCompleted(id(done))).as(done).isTrue();
      assertThat(journal.state().isIncomplete(id(done))).as(done).isFalse();
    }
    for (String asked :
        List.of("i-accepted", "i-busy", "i-forbidden", "i-guess", "i-closed", "i-unconfirmed")) {
      assertThat(journal.state().isCompleted(id(asked))).as(asked).isFalse();
      assertThat(journal.state().isIncomplete(id(asked))).as(asked).isTrue();
    }
    assertThat(journal.state().isCompleted(id("i-skipped"))).isFalse();
    assertThat(journal.state().isIncomplete(id("i-skipped"))).isFalse();
    assertThat(journal.state().incomplete())
        .allMatch(journal.state()::isIncomplete)
        .hasSize(6)
        .isUnmodifiable();
  }

  @Test
  void severalOutcomes_lastOneCounts() {
    write(
        new Accepted(id("i-1"), EFFORT),
        failed("i-1", EcsErrors.INVALID_INSTANCE_NOT_FOUND),
        failed("i-2", EcsErrors.INVALID_INSTANCE_NOT_FOUND),
        new Stopped(id("i-2"), EFFORT),
        new Stopped(id("i-3"), EFFORT),
        new Unconfirmed(id("i-3"), EFFORT, "who knows", null));

    ShutdownOptions noWait = options.mutate().awaitStopped(false).build();
    ShutdownJournal journal = await(ShutdownJournal.resume(file, noWait));
    assertThat(journal.state().completed()).isEqualTo(2);
    assertThat(journal.state().completedFailures()).isEqualTo(1);
    assertThat(journal.state().isCompleted(id("i-3"))).isFalse();
    assertThat(journal.state().incomplete()).containsExactly(id("i-3"));
  }

  @Test
  void resumeWithOtherScope_isRefused() {
    ShutdownOptions beijing = options.mutate().scope("cn-beijing").build();
    await(ShutdownJournal.create(file, beijing)).disposeLater().block(PATIENCE);

    refused(
        () -> ShutdownJournal.resume(file, options.mutate().scope("cn-shanghai").build()).block(),
        "it is of a run with scope cn-beijing, this one has cn-shanghai");
    refused(() -> ShutdownJournal.resume(file, options).block(), "scope cn-beijing");
    assertThat(await(ShutdownJournal.resume(file, beijing)).state().completed()).isZero();
  }

  @Test
  void accepted_isCompletedWhenWaitingIsOff() {
    write(new Accepted(id("i-1"), EFFORT));

    ShutdownOptions noWait = options.mutate().awaitStopped(false).build();
    assertThat(await(ShutdownJournal.resume(file, noWait)).state().isCompleted(id("i-1"))).isTrue();
  }

  @Test
  void lastLineTornAtAnyByte_isCutOffAndResumed() throws IOException {
    write(new Stopped(id("i-1"), EFFORT), new Stopped(id("i-2"), EFFORT));
    byte[] whole = Files.readAllBytes(file);
    int lastLine = lastLineOf(whole);

    for (int length = lastLine; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      ShutdownJournal journal = resume();
      assertThat(journal.state().completed()).isEqualTo(1);
      assertThat(journal.state().isIncomplete(id("i-2"))).isTrue();
      assertThat(Files.size(file)).isEqualTo(lastLine);
      journal.append(event(new Stopped(id("i-2"), EFFORT))).block(PATIENCE);
      journal.disposeLater().block(PATIENCE);
      assertThat(Files.readAllLines(file)).hasSize(5);
      ShutdownJournal again = resume();
      assertThat(again.state().completed()).isEqualTo(2);
      again.disposeLater().block(PATIENCE);
    }
  }

  @Tag("guarantee:journal-integrity")
  @Test
  void anyChangedByte_isRefused() throws IOException {
    write(new Stopped(id("i-1"), EFFORT), failed("i-2", EcsErrors.INVALID_INSTANCE_NOT_FOUND));
    byte[] whole = Files.readAllBytes(file);
    ShutdownOptions ofAnyRun = ShutdownOptions.builder().protectTag("").build();

    for (int position = 0; position < whole.length - 1; position++) {
      for (int change : new int[] {0x01, 0x20, 0x80}) {
        byte[] changed = whole.clone();
        changed[position] ^= (byte) change;
        refused(() -> replay(changed, ofAnyRun), "cannot be used");
        if (position % 31 == 0) {
          Files.write(file, changed);
          refused(() -> await(ShutdownJournal.resume(file, ofAnyRun)), "cannot be used");
          assertThat(Files.readAllBytes(file)).isEqualTo(changed);
        }
      }
    }
    // Without its line feed the last line is one that was torn.
    whole[whole.length - 1] = ' ';
    Files.write(file, whole);
    ShutdownJournal journal = resume();
    assertThat(journal.state().completed()).isEqualTo(1);
    assertThat(journal.state().incomplete()).containsExactly(id("i-2"));
  }

  /** Applies the lines as a resumed run does, without the file. */
  private static void replay(byte[] whole, ShutdownOptions options) {
    JournalState state = JournalState.of("test", options);
    int start = 0;
    for (int i = 0; i < whole.length; i++) {
      if (whole[i] == '\n') {
        state.apply(Arrays.copyOfRange(whole, start, i));
        start = i + 1;
      }
    }
  }

  @Test
  void lineWithoutChecksum_isRefused() throws IOException {
    write(new Stopped(id("i-1"), EFFORT));
    String text = Files.readString(file);
    Files.writeString(file, text + "{\"event\":\"intent\",\"instanceId\":\"i-2\"}\n");
    refused(this::resume, "line 4 cannot be read: it has no checksum");
  }

  private static int lastLineOf(byte[] text) {
    int position = text.length - 1;
    while (text[position - 1] != '\n') {
      position--;
    }
    return position;
  }

  @Test
  void tornFirstLine_startsTheRunAgain() throws IOException {
    open().disposeLater().block(PATIENCE);
    byte[] header = Files.readAllBytes(file);

    for (int length = 0; length < header.length; length++) {
      Files.write(file, Arrays.copyOf(header, length));
      resume().disposeLater().block(PATIENCE);
      assertThat(Files.readAllBytes(file)).isEqualTo(header);
    }
  }

  @Test
  void unreadableLine_isNamed() throws IOException {
    write(new Stopped(id("i-1"), EFFORT));
    List<String> lines = Files.readAllLines(file);
    for (String bad :
        List.of(
            "",
            "{\"at\":",
            "\u0000\u0000",
            "[]",
            "{} {}",
            "{\"event\":\"intent\",\"instanceId\":\"i/1\"}",
            "{\"event\":\"outcome\",\"instanceId\":\"i-1\",\"outcome\":\"STOPPED\"}")) {
      Files.write(file, List.of(lines.get(0), lines.get(1), bad, lines.get(2)));
      refused(this::resume, "line 3 cannot be read");
    }
    Files.write(file, List.of(lines.get(0), lines.get(0), lines.get(1)));
    refused(this::resume, "line 2 cannot be read: it begins a second journal");
    Files.write(file, List.of(lines.get(1)));
    refused(this::resume, "line 1 cannot be read: it is not the first line of a journal");
    Files.write(file, List.of(lines.get(0).replace("\"version\":1", "\"version\":3")));
    refused(this::resume, "line 1 cannot be read: its format is version 3, not 1");
    Files.writeString(file, lines.get(0) + "\n" + "x".repeat(70_000));
    refused(this::resume, "line 2 is too long");
  }

  @Test
  void otherRunOrParameters_areRefused() {
    write(new Stopped(id("i-1"), EFFORT));

    refusedWith(
        options.mutate().runId("day").build(),
        "it is of a run with run id night, this one has day");
    refusedWith(options.mutate().forceStop(true).build(), "force false, this one has true");
    refusedWith(options.mutate().dryRun(true).build(), "dry run false, this one has true");
    refusedWith(
        options.mutate().stoppedMode(StoppedMode.STOP_CHARGING).build(),
        "stopped mode KeepCharging, this one has StopCharging");
  }

  private void refusedWith(ShutdownOptions other, String message) {
    refused(() -> await(ShutdownJournal.resume(file, other)), message);
  }

  @Test
  void resumeWithoutRunId_takesTheJournals() {
    write(new Stopped(id("i-1"), EFFORT));

    ShutdownOptions ofAnyRun = ShutdownOptions.builder().protectTag("").maxOpen(7).build();
    ShutdownJournal journal = await(ShutdownJournal.resume(file, ofAnyRun));
    assertThat(journal.options().runId()).isEqualTo("night");
    assertThat(journal.options().maxOpen()).isEqualTo(7);
    assertThat(journal).hasToString("ShutdownJournal[" + file + ", run night]");
  }

  @Test
  void closedJournal_refusesWrites() {
    ShutdownJournal journal = open();
    journal.disposeLater().block(PATIENCE);
    journal.disposeLater().block(PATIENCE);

    refused(() -> journal.append(intent("i-1")).block(PATIENCE), "cannot be written: it is closed");
    assertThat(file).content(StandardCharsets.UTF_8).doesNotContain("i-1");
  }
}
