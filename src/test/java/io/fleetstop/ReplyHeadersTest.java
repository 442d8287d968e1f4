package io.fleetstop;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.transport.HttpExchange.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyHeadersTest {

  private static final Instant NOW = Instant.parse("2025-06-01T12:00:00Z");

  private static Response reply(@Nullable String retryAfter, @Nullable String date) {
    Map<String, List<String>> headers = new LinkedHashMap<>();
    if (retryAfter != null) {
      headers.put("retry-after", List.of(retryAfter));
    }
    if (date != null) {
      headers.put("date", List.of(date));
    }
    return new Response(429, headers, new byte[0]);
  }

  private static @Nullable Duration retryAfter(@Nullable String value, @Nullable String date) {
    return ReplyHeaders.retryAfter(reply(value, date), NOW);
  }

  @Test
  void retryAfter_readsSeconds() {
    assertThat(retryAfter("5", null)).isEqualTo(Duration.ofSeconds(5));
    assertThat(retryAfter(" 120 ", null)).isEqualTo(Duration.ofMinutes(2));
    assertThat(retryAfter("0", null)).isEqualTo(Duration.ZERO);
    assertThat(retryAfter(null, null)).isNull();
  }

  @Test
  void retryAfterDate_isRelativeToTheReplyDate() {
    String later = "Sun, 01 Jun 2025 18:00:30 GMT";
    String wrongClock = "Sun, 01 Jun 2025 18:00:00 GMT";
    assertThat(retryAfter(later, wrongClock)).isEqualTo(Duration.ofSeconds(30));
    assertThat(retryAfter("Sun, 01 Jun 2025 12:00:10 GMT", null)).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void pastRetryAfterDate_isNoDelay() {
    assertThat(retryAfter("Sun, 01 Jun 2025 11:00:00 GMT", null)).isEqualTo(Duration.ZERO);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "soon", "-1", "1.5", "99999999999999999999", "Sun, 99 Jun 2025"})
  void malformedHeaders_areAbsent(String value) {
    assertThat(retryAfter(value, null)).isNull();
  }

  @Test
  void serverTime_isTheReplyDate() {
    assertThat(ReplyHeaders.serverTimeMillis(reply(null, "Sun, 01 Jun 2025 12:00:00 GMT")))
        .isEqualTo(NOW.toEpochMilli());
    assertThat(ReplyHeaders.serverTimeMillis(reply(null, "yesterday"))).isNull();
    assertThat(ReplyHeaders.serverTimeMillis(reply(null, null))).isNull();
  }
}
