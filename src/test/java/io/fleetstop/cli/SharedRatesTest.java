package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.junit.Child;
import io.fleetstop.redis.TestRedis;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rates that runs share through Redis. */
class SharedRatesTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(20).startNow();

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  @Test
  void redisOption_pacesTheRunThroughIt() {
    try (TestRedis redis = TestRedis.start()) {
      TestTerminal terminal = TestTerminal.of(simulator);
      int exit =
          terminal.run(
              "stop",
              simulator.ids().get(0),
              simulator.ids().get(1),
              "--endpoint",
              simulator.endpoint().toString(),
              "--yes",
              "--redis",
              redis.url());
      assertThat(terminal.errText()).contains("2 stopped", "appendonly");
      assertThat(exit).isZero();
      List<String> keys = redis.keys();
      assertThat(keys)
          .contains("fleetstop:{default/" + simulator.region() + "/StopInstance/adaptive}:pace");
    }
  }

  @Test
  void environment_namesARedisWithAPassword() {
    try (TestRedis redis = TestRedis.start("--requirepass", "secret", "--appendonly", "yes")) {
      TestTerminal terminal =
          TestTerminal.of(simulator)
              .env("FLEETSTOP_REDIS_URL", "redis://:secret@127.0.0.1:" + redis.port());
      int exit =
          terminal.run(
              "stop",
              simulator.ids().get(0),
              "--endpoint",
              simulator.endpoint().toString(),
              "--yes",
              "--rate",
              "50");
      assertThat(terminal.errText()).contains("1 stopped").doesNotContain("secret");
      assertThat(exit).isZero();
    }
  }

  @Test
  void passwordOnTheCommandLine_isRefused() {
    TestTerminal terminal = TestTerminal.of(simulator);
    assertThat(
            terminal.run(
                "stop", simulator.ids().get(0), "--yes", "--redis", "redis://u:secret@localhost"))
        .isEqualTo(2);
    assertThat(terminal.errText()).contains("FLEETSTOP_REDIS_URL").doesNotContain("secret");
    assertThat(simulator.calls()).isZero();
  }

  @Test
  void invalidUrl_isAUsageError() {
    TestTerminal terminal = TestTerminal.of(simulator);
    assertThat(terminal.run("stop", simulator.ids().get(0), "--yes", "--redis", "localhost:6379"))
        .isEqualTo(2);
    assertThat(terminal.errText()).contains("the URL of Redis must start with");
  }

  /** A user who gave no --redis would not find the mistake in it. */
  @ParameterizedTest
  @CsvSource({"stop", "status", "show"})
  void urlOfTheEnvironment_isNamedAsTheMistake(String command) {
    TestTerminal terminal = TestTerminal.of(simulator).env("FLEETSTOP_REDIS_URL", "localhost:6379");
    String[] args =
        command.equals("stop")
            ? new String[] {command, "i-1", "--yes"}
            : new String[] {command, "--run-id", "r"};
    assertThat(terminal.run(args)).isEqualTo(2);
    assertThat(terminal.errText())
        .contains("FLEETSTOP_REDIS_URL: the URL of Redis must start with")
        .doesNotContain("--redis");
  }

  @Test
  void missingPassword_isToBeGivenInTheVariable() {
    try (TestRedis redis = TestRedis.start("--requirepass", "secret")) {
      TestTerminal option = new TestTerminal();
      option.run("status", "--run-id", "r", "--redis", redis.url());
      assertThat(option.errText())
          .contains("--redis: " + redis.url() + " refused: NOAUTH")
          .contains("set FLEETSTOP_REDIS_URL to the URL with its password, and leave out --redis");
      TestTerminal variable =
          new TestTerminal().env("FLEETSTOP_REDIS_URL", "redis://:wrong@127.0.0.1:" + redis.port());
      variable.run("status", "--run-id", "r");
      assertThat(variable.errText())
          .contains("FLEETSTOP_REDIS_URL: " + redis.url() + " refused: WRONGPASS")
          .doesNotContain("--redis", "wrong@");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "' ', 'not all white space, was \" \"'",
    "'night ', 'must not begin or end with white space, was \"night \"'"
  })
  void blankRunId_isRefusedWithRuleAndValue(String runId, String rule) {
    try (TestRedis redis = TestRedis.start()) {
      TestTerminal terminal = new TestTerminal();
      assertThat(terminal.run("status", "--run-id", runId, "--redis", redis.url())).isEqualTo(2);
      assertThat(terminal.errText()).contains("--run-id", rule);
    }
  }

  @Test
  void missingRedis_isAConfigurationError() {
    TestRedis redis = TestRedis.start();
    redis.kill();
    TestTerminal terminal = TestTerminal.of(simulator);
    assertThat(terminal.run("stop", simulator.ids().get(0), "--yes", "--redis", redis.url()))
        .isEqualTo(4);
    assertThat(terminal.errText()).contains("cannot connect to Redis at " + redis.url());
    assertThat(simulator.calls()).isZero();
  }

  @Test
  void runWithoutRedis_loadsNoClassOfItsDriver() throws Exception {
    ProcessBuilder builder = ChildProcess.stop(simulator, simulator.ids().get(0), "--yes");
    builder.command().add(1, "-Xlog:class+load");
    builder.environment().remove("FLEETSTOP_REDIS_URL");
    Child.End end = Child.run(builder, Duration.ofSeconds(50));
    assertThat(end.exitCode()).as(end.err()).isZero();
    assertThat(end.out())
        .contains("io.fleetstop.cli.run.SharedRates ")
        .doesNotContain("io.lettuce", "io.fleetstop.redis.");
  }
}
