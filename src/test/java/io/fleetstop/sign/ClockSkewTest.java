package io.fleetstop.sign;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClockSkewTest {

  private static final Instant LOCAL = Instant.parse("2026-11-28T12:00:00Z");
  private static final URI SERVICE = URI.create("https://open.volcengineapi.com");

  private final ClockSkew skew = new ClockSkew(InstantSource.fixed(LOCAL));

  @ParameterizedTest
  @ValueSource(strings = {"PT6H", "-PT6H", "PT24H", "-PT24H"})
  void timeWithinADay_correctsTheClock(Duration difference) {
    skew.update(SERVICE, LOCAL.plus(difference).toEpochMilli());
    assertThat(skew.now()).isEqualTo(LOCAL.plus(difference));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT24H0.001S", "-PT24H0.001S", "PT640000H"})
  @Tag("guarantee:clock-bound")
  void timeBeyondADay_isIgnored(Duration difference) {
    skew.update(SERVICE, LOCAL.plus(difference).toEpochMilli());
    assertThat(skew.now()).isEqualTo(LOCAL);
  }

  @Test
  void extremeTime_isIgnored() {
    skew.update(SERVICE, Long.MAX_VALUE);
    skew.update(SERVICE, Long.MIN_VALUE);
    assertThat(skew.now()).isEqualTo(LOCAL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://127.0.0.1:8080", "http://localhost", "http://[::1]:80"})
  void plainHttpOnLoopback_correctsTheClock(URI server) {
    skew.update(server, LOCAL.plusSeconds(60).toEpochMilli());
    assertThat(skew.now()).isEqualTo(LOCAL.plusSeconds(60));
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://open.volcengineapi.com", "http://127.0.0.1.example.com"})
  void plainHttpElsewhere_isIgnored(URI server) {
    skew.update(server, LOCAL.plusSeconds(60).toEpochMilli());
    assertThat(skew.now()).isEqualTo(LOCAL);
  }
}
