package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.redis.PaceMeasurement.Event;
import io.fleetstop.redis.PaceMeasurement.Result;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Processes that share a quota, one of which is killed, while Redis is killed too. The bounds leave
 * room for a loaded machine; {@code .ci/shared-pace} measures.
 */
@Tag("long")
class SharedPaceTest {

  @Test
  void unknownQuota_isSharedWithFewRefusals() throws Exception {
    try (PaceMeasurement measurement = new PaceMeasurement(50, 10, Duration.ofMillis(5))) {
      Result result =
          measurement.run(
              4, 30, "adaptive", true, List.of(new Event(15, () -> measurement.kill(0))));
      System.out.println(result);
      assertThat(result.used()).isGreaterThan(0.6);
      assertThat(result.refused()).isLessThan(0.1);
    }
  }

  @Test
  void lostRedis_neitherBlocksNorUnleashesTheCalls() throws Exception {
    try (PaceMeasurement measurement = new PaceMeasurement(50, 10, Duration.ZERO)) {
      Result result =
          measurement.run(
              4,
              30,
              "45",
              true,
              List.of(
                  new Event(12, measurement.redis::kill),
                  new Event(18, measurement.redis::restart)));
      System.out.println(result);
      assertThat(result.used()).isGreaterThan(0.5);
      assertThat(result.refused()).isLessThan(0.1);
      assertThat(result.fairness()).isGreaterThan(0.9);
      // The last shared rate, divided, is used while Redis is away.
      double calls =
          LongStream.rangeClosed(13, 17)
              .mapToObj(second -> result.perSecond().get(second))
              .mapToInt(counts -> counts == null ? 0 : counts[0])
              .average()
              .orElse(0);
      assertThat(calls).isBetween(15.0, 80.0);
    }
  }
}
