package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.fleet.JournalFormat.BatchIntent;
import io.fleetstop.fleet.JournalFormat.Header;
import io.fleetstop.fleet.JournalFormat.UnreadableLine;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Lines with a valid checksum whose fields are not what a run writes. */
class JournalFormatTest {

  private static final Instant AT = Instant.parse("2026-11-29T20:00:00Z");
  private static final InstanceId ID = InstanceId.of("i-1");
  private static final String INTENT = "'event':'intent','instanceId':'i-1'";
  private static final String STOPPED =
      "'event':'outcome','instanceId':'i-1','outcome':'STOPPED','final':true";
  private static final String BATCH =
      "'event':'batch','number':7,'token':'t','instanceIds':['i-1','i-2']";
  private static final String HEADER =
      "'journal':'fleetstop','version':1,'runId':'night','forceStop':false,"
          + "'stoppedMode':'KeepCharging','dryRun':false";

  private static JournalEvent parse(String fields) throws UnreadableLine {
    byte[] open = ("{" + fields.replace('\'', '"')).getBytes(StandardCharsets.UTF_8);
    String line =
        new String(open, StandardCharsets.UTF_8) + JournalFormat.checksum(open, open.length);
    return JournalFormat.parse(line.getBytes(StandardCharsets.UTF_8));
  }

  private static void refused(String fields, String reason) {
    assertThatThrownBy(() -> parse(fields))
        .as(fields)
        .isInstanceOf(UnreadableLine.class)
        .hasMessageContaining(reason);
  }

  @Test
  void fieldsThatMayBeMissing_haveDefaults() throws UnreadableLine {
    assertThat(parse(STOPPED))
        .isEqualTo(
            new OutcomeRecord(
                Instant.EPOCH, ID, Kind.STOPPED, true, false, "", null, null, 0, 0, false));
    assertThat(parse(HEADER))
        .isEqualTo(new Header(Operation.STOP, "night", null, false, "KeepCharging", false));
  }

  @Test
  void time_isOfAClock() throws UnreadableLine {
    assertThat(parse("'at':'1970-01-01T00:00:00Z'," + INTENT).instanceIds()).containsExactly(ID);
    parse("'at':'9998-12-31T23:59:59Z'," + INTENT);
    for (String at : List.of("1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "today")) {
      refused("'at':'" + at + "'," + INTENT, "its field \"at\" is not a time");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "attempts, 2147483647",
    "elapsedMillis, 3153600000000",
  })
  void number_isFromZeroToItsMaximum(String field, long max) throws UnreadableLine {
    assertThat(parse(STOPPED + ",'" + field + "':0")).isEqualTo(parse(STOPPED));
    assertThat(parse(STOPPED + ",'" + field + "':" + max)).isNotEqualTo(parse(STOPPED));
    for (String value : List.of("-1", Long.toString(max + 1), "1.5", "'1'", "1" + "0".repeat(30))) {
      refused(
          STOPPED + ",'" + field + "':" + value,
          "its field \"" + field + "\" is not a number from 0 to " + max);
    }
  }

  @Test
  void flagsAndTexts_haveTheirTypes() {
    refused(STOPPED + ",'accepted':1", "its field \"accepted\" is missing or not a boolean");
    refused(STOPPED + ",'refused':'no'", "its field \"refused\" is missing or not a boolean");
    refused(STOPPED + ",'message':1", "its field \"message\" is missing or not a string");
    refused(STOPPED + ",'requestId':1", "its field \"requestId\" is missing or not a string");
    refused(STOPPED + ",'errorCode':1", "its field \"errorCode\" is missing or not a string");
    refused("'instanceId':'i-1'", "its field \"event\" is missing or not a string");
  }

  @Test
  void eventsAndOutcomes_areKnown() {
    refused("'event':'end'", "its event is neither intent, batch nor outcome");
    refused(STOPPED.replace("STOPPED", "LOST"), "its outcome is unknown");
    refused(STOPPED.replace("i-1", "i/1"), "its instanceId is not an instance id");
    refused(STOPPED.replace("STOPPED", "SKIPPED"), "its outcome SKIPPED cannot be final");
    refused(STOPPED.replace("STOPPED", "UNCONFIRMED"), "its outcome UNCONFIRMED cannot be final");
  }

  @Test
  void openOutcome_isOneOfAnyKind() throws UnreadableLine {
    String skipped = STOPPED.replace("STOPPED", "SKIPPED").replace("true", "false");
    assertThat(parse(skipped).isFinal()).isFalse();
    assertThat(parse(skipped).outcome()).isEqualTo(Kind.SKIPPED);
  }

  @Test
  void batch_isOneOfARequest() throws UnreadableLine {
    assertThat(parse(BATCH))
        .isEqualTo(
            new BatchIntent(
                Instant.EPOCH, new StopBatch(7, "t", List.of(ID, InstanceId.of("i-2")))));
    assertThat(((BatchIntent) parse(BATCH.replace("7", "1"))).batch().number()).isEqualTo(1);
    refused(BATCH.replace("7", "0"), "its field \"number\" is missing or not positive");
    refused(BATCH.replace("'number':7,", ""), "its field \"number\" is missing or not positive");
    refused(BATCH.replace("'i-2'", "2"), "its instanceId is not an instance id");
    refused(BATCH.replace("'i-1','i-2'", ""), "it is no batch");
    refused(BATCH.replace("'t'", "''"), "it is no batch");
  }

  @Test
  void header_isOneOfARun() throws UnreadableLine {
    assertThat(parse(HEADER + ",'scope':null")).isEqualTo(parse(HEADER));
    assertThat(parse(HEADER.replace("'version':1", "'version':2") + ",'operation':'start'"))
        .isEqualTo(new Header(Operation.START, "night", null, false, "KeepCharging", false));
    refused(HEADER + ",'operation':'start'", "its format is version 1");
    refused(HEADER + ",'operation':'reboot'", "its operation is unknown");
    refused(HEADER.replace("'version':1", "'version':2"), "its format is version 2, not 1");
    refused(HEADER.replace("'version':1", "'version':'1'"), "its format is version \"1\", not 1");
    refused(HEADER.replace("night", " "), "its runId must have 1 to 128 characters");
    refused(
        HEADER.replace("KeepCharging", "Keep"),
        "its stoppedMode is neither KeepCharging nor StopCharging");
  }

  @Test
  void targetOfAnEvent_hasAccountAndRegion() throws UnreadableLine {
    assertThat(parse(INTENT + ",'account':'prod','region':'cn-beijing'"))
        .isEqualTo(
            new TargetEvent(
                new Target("prod", "cn-beijing"), JournalEvent.intentOf(ID, Instant.EPOCH)));
    refused(INTENT + ",'account':'prod'", "its field \"region\" is missing");
    refused(INTENT + ",'region':'cn-beijing'", "its field \"account\" is missing");
    refused(INTENT + ",'account':'prod','region':'CN'", "its region must be 1 to 64");
    refused(INTENT + ",'account':'','region':'cn-beijing'", "its account must be 1 to 128");
    assertThat(new Target("prod", "cn-beijing")).hasToString("prod/cn-beijing");
  }

  @Test
  void otherJson_isRefused() {
    for (String text : List.of("", "{", "{} {}", "{\"event\":1,\"event\":2}")) {
      assertThatThrownBy(() -> JournalFormat.parse(text.getBytes(StandardCharsets.UTF_8)))
          .as(text)
          .isInstanceOf(UnreadableLine.class);
    }
    assertThatThrownBy(() -> JournalFormat.parse("{\"crc\":\"\"}".getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining("it has no checksum");
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void lineOfAnOutcome_isReadAsItWas(Kind kind) throws UnreadableLine {
    OutcomeRecord plain =
        new OutcomeRecord(AT, ID, kind, kind.isSuccess(), false, "", null, null, 1, 2, false);
    OutcomeRecord full =
        new OutcomeRecord(AT, ID, kind, false, true, "Code", "why", "req", 3, 4, true);
    for (OutcomeRecord outcome : List.of(plain, full)) {
      byte[] line = outcome.toLine().getBytes(StandardCharsets.UTF_8);
      assertThat(JournalFormat.parse(line)).isEqualTo(outcome);
    }
    assertThat(plain.isDurable()).isFalse();
  }

  @Test
  void otherEvents_areReadAsTheyWere() throws UnreadableLine {
    JournalEvent intent = JournalEvent.intentOf(ID, AT);
    for (JournalEvent event :
        List.of(
            new Header(Operation.STOP, "night", "cn-beijing", true, "StopCharging", false),
            new Header(Operation.START, "night", null, false, "KeepCharging", true),
            intent,
            new BatchIntent(AT, new StopBatch(7, "token", List.of(ID))),
            new TargetEvent(new Target("prod", "cn-beijing"), intent))) {
      byte[] line = event.toLine().getBytes(StandardCharsets.UTF_8);
      assertThat(JournalFormat.parse(line)).isEqualTo(event);
      assertThat(event.isDurable()).isTrue();
      assertThat(event.isFinal()).isFalse();
      assertThat(event.outcome()).isNull();
    }
    OutcomeRecord stopped =
        new OutcomeRecord(AT, ID, Kind.STOPPED, true, false, "", null, null, 1, 2, true);
    TargetEvent ofTarget = new TargetEvent(new Target("prod", "cn-beijing"), stopped);
    assertThat(ofTarget.isDurable()).isFalse();
    assertThat(ofTarget.isFinal()).isTrue();
    assertThat(ofTarget.outcome()).isEqualTo(Kind.STOPPED);
    assertThat(ofTarget.instanceIds()).containsExactly(ID);
  }
}
