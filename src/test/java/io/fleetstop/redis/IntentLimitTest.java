package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The script refuses the intents of every worker once a run has exceeded its failure limit, also of
 * one that has not received the failures yet. Against a real Redis, without the decisions in Java.
 */
class IntentLimitTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int INSTANCES = 60;

  @SuppressWarnings("NullAway.Init")
  private static TestRedis redis;

  @SuppressWarnings("NullAway.Init")
  private static RedisConnection connection;

  @BeforeAll
  static void startRedis() {
    redis = TestRedis.start();
    connection = redis.connect();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @ParameterizedTest(name = "limit {0}: {1} failed, {2} stopped, {3} awaited")
  @CsvSource({
    "20, 20, 0, 0, 11",
    "20, 21, 0, 0, 22",
    "0, 0, 5, 0, 11",
    "0, 1, 5, 0, 22",
    "10%, 3, 16, 0, 11",
    "10%, 2, 18, 0, 11",
    "10%, 3, 17, 0, 22",
    "10%, 3, 17, 10, 11",
    "12.5%, 3, 21, 0, 11",
    "12.5%, 3, 20, 0, 22",
  })
  void exceededLimit_refusesIntents(
      String limit, int failed, int stopped, int awaited, String digits, TestInfo test) {
    Run run = new Run(test.getDisplayName(), limit(limit));
    String first = run.join();
    String other = run.join();
    List<String> ids = run.take(first, 40);
    List<String> left = run.take(other, 1);
    assertThat(run.intents(first, ids)).isEqualTo("1".repeat(40));

    List<String> outcomes = new ArrayList<>();
    for (int i = 0; i < failed + stopped; i++) {
      outcomes.addAll(List.of(ids.get(i), i < failed ? "FAILED" : "STOPPED", "text"));
    }
    run.exchange(first, awaited, 0, outcomes, List.of());

    // A call that is to be repeated is one as well.
    List<Object> repeated = run.exchange(first, awaited, 0, List.of(), ids.subList(39, 40));
    assertThat(run.intents(other, left) + repeated.get(2)).isEqualTo(digits);
    assertThat(run.status().open()).isEqualTo(41 - failed - stopped);
  }

  @Test
  void outcomesOfCallsInFlight_areStoredAfterwards(TestInfo test) {
    Run run = new Run(test.getDisplayName(), FailureLimit.count(0));
    String worker = run.join();
    List<String> ids = run.take(worker, 3);
    run.intents(worker, ids.subList(0, 2));
    List<String> failed = List.of(ids.get(0), "FAILED", "text");
    List<String> late = List.of(ids.get(1), "STOPPED", "text");

    // The outcomes of an exchange count for its own intents.
    assertThat(run.exchange(worker, 0, 0, failed, ids.subList(2, 3)).get(2)).isEqualTo("12");
    assertThat(run.exchange(worker, 0, 0, late, List.of()).get(2)).isEqualTo("1");
    assertThat(run.status().done()).isEqualTo(2);
  }

  @Test
  void resumedRun_acceptsIntentsAgain(TestInfo test) {
    Run run = new Run(test.getDisplayName(), FailureLimit.count(0));
    String worker = run.join();
    List<String> ids = run.take(worker, 3);
    run.intents(worker, ids.subList(0, 1));
    run.exchange(worker, 0, 0, List.of(ids.get(0), "UNCONFIRMED", "text"), List.of());
    assertThat(run.intents(worker, ids.subList(1, 2))).isEqualTo("2");
    run.commands.call(RunScripts.CHANGE, List.of("running", "failed", "why", "0")).block(LIMIT);

    RedisFleet.of(connection, test.getDisplayName()).resume().block(LIMIT);

    assertThat(run.intents(worker, ids.subList(1, 2))).isEqualTo("1");
  }

  private static FailureLimit limit(String text) {
    return text.endsWith("%")
        ? FailureLimit.percent(Double.parseDouble(text.substring(0, text.length() - 1)))
        : FailureLimit.count(Long.parseLong(text));
  }

  /** A run of instances that nothing calls. */
  private static final class Run {

    private final RunCommands commands;
    private final Map<String, Integer> lastEffects = new HashMap<>();
    private int number;

    Run(String runId, FailureLimit limit) {
      ShutdownOptions options = ShutdownOptions.builder().failureLimit(limit).build();
      List<InstanceId> ids =
          IntStream.range(0, INSTANCES).mapToObj(i -> InstanceId.of("i-" + i)).toList();
      RedisFleet.of(connection, runId)
          .load(SharedRunParameters.of(options, Waves.none(), Duration.ZERO, "all"), ids)
          .block(LIMIT);
      this.commands = new RunCommands(connection, runId);
    }

    String join() {
      List<Object> reply =
          Objects.requireNonNull(
              commands.call(RunScripts.JOIN, List.of("60000", "name")).block(LIMIT), "reply");
      return String.valueOf(reply.get(1));
    }

    List<String> take(String worker, int count) {
      List<?> taken = (List<?>) exchange(worker, 0, count, List.of(), List.of()).get(3);
      return taken.stream().map(String::valueOf).toList();
    }

    String intents(String worker, List<String> ids) {
      return String.valueOf(exchange(worker, 0, 0, List.of(), ids).get(2));
    }

    List<Object> exchange(
        String worker, int awaited, int want, List<String> outcomes, List<String> intents) {
      long last = lastEffects.getOrDefault(worker, 0);
      List<String> arguments = new ArrayList<>(List.of(worker, String.valueOf(++number)));
      arguments.addAll(List.of(String.valueOf(last), "60000", String.valueOf(awaited)));
      arguments.addAll(List.of(String.valueOf(want), "0"));
      lastEffects.put(worker, number);
      arguments.add(String.valueOf(outcomes.size() / 3));
      arguments.add(String.valueOf(intents.size()));
      arguments.addAll(outcomes);
      arguments.addAll(intents);
      return Objects.requireNonNull(
          commands.call(ExchangeScripts.EXCHANGE, arguments).block(LIMIT), "reply");
    }

    SharedRunStatus status() {
      return RedisFleet.of(connection, commands.runId()).find().blockOptional(LIMIT).orElseThrow();
    }
  }
}
