package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fleetstop.fleet.JournalFormat.Header;
import io.fleetstop.fleet.JournalFormat.UnreadableLine;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Whatever stands in a journal, it is read as it was written or refused. */
class JournalFuzzTest {

  @FuzzTest(maxDuration = "4s")
  void anyLine_isParsedOrRefused(byte[] start) {
    // With its checksum: without one no line gets far.
    byte[] end = JournalFormat.checksum(start, start.length).getBytes(StandardCharsets.UTF_8);
    byte[] line = Arrays.copyOf(start, start.length + end.length);
    System.arraycopy(end, 0, line, start.length, end.length);
    for (byte[] one : new byte[][] {start, line}) {
      try {
        assertThat(JournalFormat.parse(one)).isNotNull();
      } catch (UnreadableLine refused) {
        assertThat(refused.getMessage()).isNotBlank();
      }
    }
  }

  @FuzzTest(maxDuration = "4s")
  void header_roundTrips(FuzzedDataProvider data) throws UnreadableLine {
    boolean forced = data.consumeBoolean();
    boolean dry = data.consumeBoolean();
    // Half a surrogate pair has no UTF-8 form, and no run id has one.
    String runId =
        new String(data.consumeRemainingAsBytes(), StandardCharsets.UTF_8).replace("\0", "") + "r";
    Header header = new Header(runId, forced ? runId : null, forced, "KeepCharging", dry);

    byte[] line = JournalFormat.header(header);

    assertThat(line[line.length - 1]).isEqualTo((byte) '\n');
    assertThat(new String(line, StandardCharsets.UTF_8).trim().lines()).hasSize(1);
    assertThat(JournalFormat.parse(Arrays.copyOf(line, line.length - 1))).isEqualTo(header);
  }
}
