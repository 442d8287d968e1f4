package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fleetstop.fleet.JournalFormat.Header;
import io.fleetstop.fleet.JournalFormat.UnreadableLine;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A line is read as it was written, or rejected with a reason. */
class JournalFuzzTest {

  @FuzzTest(maxDuration = "4s")
  void anyLine_isParsedOrRefused(byte[] start) {
    // With a valid checksum, because validation stops at a wrong one.
    byte[] end = JournalFormat.checksum(start, start.length).getBytes(StandardCharsets.UTF_8);
    byte[] line = Arrays.copyOf(start, start.length + end.length);
    System.arraycopy(end, 0, line, start.length, end.length);
    for (byte[] one : new byte[][] {start, line}) {
      try {
        // What the format accepts, the options of a run accept, too.
        if (JournalFormat.parse(one) instanceof Header header) {
          ShutdownOptions options =
              ShutdownOptions.builder()
                  .protectTag("")
                  .build()
                  .mutate()
                  .runId(header.runId())
                  .build();
          assertThat(Header.of(header.runId(), options).runId()).isEqualTo(header.runId());
        }
      } catch (UnreadableLine refused) {
        assertThat(refused.getMessage()).isNotBlank();
      }
    }
  }

  @FuzzTest(maxDuration = "4s")
  void header_roundTrips(FuzzedDataProvider data) throws UnreadableLine {
    boolean forced = data.consumeBoolean();
    boolean dry = data.consumeBoolean();
    // An unpaired surrogate has no UTF-8 form; a decoded string contains none.
    String runId =
        new String(data.consumeBytes(100), StandardCharsets.UTF_8).replace("\0", "") + "r";
    Header header =
        new Header(Operation.STOP, runId, forced ? runId : null, forced, "KeepCharging", dry);

    byte[] line = JournalFormat.toLine(header);

    assertThat(line[line.length - 1]).isEqualTo((byte) '\n');
    assertThat(new String(line, StandardCharsets.UTF_8).trim().lines()).hasSize(1);
    assertThat(JournalFormat.parse(Arrays.copyOf(line, line.length - 1))).isEqualTo(header);
  }
}
