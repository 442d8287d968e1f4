package io.fleetstop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The parsers of replies keep names; a peer must not fill the memory with them. */
@Tag("guarantee:bounded-reply")
class ReplyNamesTest {

  private static final int REPLIES = 60;

  static Stream<Consumer<byte[]>> parsers() {
    return Stream.of(body -> StreamingReply.requestIdOf(body, "StopInstance"), ReplyJson::parse);
  }

  private static byte[] reply(String name) {
    return ("{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{},\"" + name + "\":0}")
        .getBytes(UTF_8);
  }

  private static long usedBytes() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @ParameterizedTest
  @MethodSource("parsers")
  void longNames_areNotRetained(Consumer<byte[]> parser) {
    String longPart = "n".repeat(49_000);
    parser.accept(reply(longPart));
    long before = usedBytes();
    for (int i = 0; i < REPLIES; i++) {
      StringBuilder names = new StringBuilder();
      for (int name = 0; name < 20; name++) {
        names.append(i).append('.').append(name).append(longPart).append("\":0,\"");
      }
      parser.accept(reply(names + "last"));
    }
    assertThat(usedBytes() - before).isLessThan(20_000_000);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 64, 250})
  void nameOfUsualLength_isRead(int length) {
    byte[] body = reply("n".repeat(length));
    assertThat(StreamingReply.requestIdOf(body, "StopInstance")).isEqualTo("r");
    assertThat(ReplyJson.parse(body).requestId()).isEqualTo("r");
  }

  @ParameterizedTest
  @ValueSource(strings = {"n", "\\u006e", "\u00fc", "\ud83d\ude00"})
  void longName_makesTheReplyUnreadable(String part) {
    byte[] body = reply(part.repeat(2_000));
    assertThat(StreamingReply.requestIdOf(body, "StopInstance")).isNull();
    assertThat(ReplyJson.parse(body).requestId()).isNull();
  }
}
