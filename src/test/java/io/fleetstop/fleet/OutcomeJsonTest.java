package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.fleet.ShutdownOutcome.CallStats;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.EnumNamingStrategies;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** One JSON object for an outcome, whatever writes it. */
class OutcomeJsonTest {

  private static final InstanceId ID = InstanceId.of("i-1");
  private static final CallStats STATS = new CallStats(2, Duration.ofMillis(1_234), "req-9");

  static Stream<ShutdownOutcome> outcomes() {
    EcsException error =
        EcsException.builder(EcsErrors.INVALID_INSTANCE_NOT_FOUND, Delivery.REJECTED)
            .detail("gone \"for good\"")
            .httpStatus(404)
            .build();
    return Stream.of(
        new ShutdownOutcome.Stopped(ID, STATS),
        new ShutdownOutcome.AlreadyStopped(ID, STATS),
        new ShutdownOutcome.Accepted(ID, STATS),
        new ShutdownOutcome.DryRunPassed(ID, STATS),
        new ShutdownOutcome.Failed(ID, STATS, error),
        new ShutdownOutcome.Unconfirmed(ID, STATS, "late", error),
        new ShutdownOutcome.Unconfirmed(ID, STATS, "late", null),
        new ShutdownOutcome.Skipped(ID, new CallStats(0, Duration.ZERO, null), "protected"));
  }

  @ParameterizedTest
  @MethodSource("outcomes")
  void jackson2Jackson3AndCommandLine_writeTheSame(ShutdownOutcome outcome) throws Exception {
    String expected = OutcomeLine.of(outcome).toJson().toString();

    assertThat(new JsonMapper().writeValueAsString(outcome)).isEqualTo(expected);
    assertThat(new JsonMapper().writerFor(ShutdownOutcome.class).writeValueAsString(outcome))
        .isEqualTo(expected);
    assertThat(new com.fasterxml.jackson.databind.ObjectMapper().writeValueAsString(outcome))
        .isEqualTo(expected);
    assertThat(new JsonMapper().writeValueAsString(List.of(outcome)))
        .isEqualTo("[" + expected + "]");
  }

  @ParameterizedTest
  @MethodSource("outcomes")
  void settingsOfTheApplication_changeNothing(ShutdownOutcome outcome) throws Exception {
    String expected = OutcomeLine.of(outcome).toJson().toString();
    JsonMapper three =
        JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enumNamingStrategy(EnumNamingStrategies.LOWER_CAMEL_CASE)
            .changeDefaultPropertyInclusion(
                old -> old.withValueInclusion(JsonInclude.Include.NON_NULL))
            .build();
    com.fasterxml.jackson.databind.ObjectMapper two =
        com.fasterxml.jackson.databind.json.JsonMapper.builder()
            .propertyNamingStrategy(
                com.fasterxml.jackson.databind.PropertyNamingStrategies.UPPER_CAMEL_CASE)
            .defaultPropertyInclusion(
                JsonInclude.Value.construct(
                    JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .enable(SerializationFeature.WRITE_ENUMS_USING_INDEX)
            .build();

    assertThat(three.writeValueAsString(outcome)).isEqualTo(expected);
    assertThat(two.writeValueAsString(outcome)).isEqualTo(expected);
  }
}
