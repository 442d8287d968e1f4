package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Waves;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a shared run costs Redis. Prints the figures. */
@Tag("long")
class RedisFleetSizeTest {

  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final Pattern CALLS = Pattern.compile("cmdstat_eval(?:sha)?:calls=([0-9]+)");
  private static final Pattern MEMORY = Pattern.compile("used_memory:([0-9]+)");

  private final ShutdownOptions options =
      ShutdownOptions.builder()
          .scope("cn-beijing")
          .protectTag("")
          .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(50)))
          .build();
  private final SharedRunParameters parameters =
      SharedRunParameters.of(options, Waves.none(), Duration.ZERO, "all");

  private static long sum(Pattern pattern, RedisConnection redis, String section) {
    String info = redis.commands().info(section).blockOptional(LIMIT).orElseThrow();
    Matcher found = pattern.matcher(info);
    return Stream.iterate(found, next -> next)
        .takeWhile(Matcher::find)
        .mapToLong(next -> Long.parseLong(next.group(1)))
        .sum();
  }

  @Test
  void hundredThousandIds_areLoadedInFewBytes() {
    List<InstanceId> ids =
        IntStream.range(0, 100_000)
            .mapToObj(i -> InstanceId.of(String.format("i-ycm0a1b2c3d4e5f%05d", i)))
            .toList();
    try (TestRedis server = TestRedis.start()) {
      RedisConnection redis = server.connect();
      RedisFleet.of(redis, "warm").load(parameters, ids).block(LIMIT);
      long before = sum(MEMORY, redis, "memory");
      Duration taken =
          RedisFleet.of(redis, "large")
              .load(parameters, ids)
              .thenReturn(ids)
              .elapsed()
              .map(timed -> Duration.ofMillis(timed.getT1()))
              .blockOptional(LIMIT)
              .orElseThrow();
      long bytes = sum(MEMORY, redis, "memory") - before;
      System.out.println("100,000 ids: " + taken + ", " + bytes / 100_000 + " bytes an id");
      assertThat(bytes).isLessThan(5_000_000);
      redis.close().block(LIMIT);
    }
  }

  @Test
  void run_needsFewCommandsAndBytes() {
    int fleet = 10_000;
    EcsSimulator service =
        EcsSimulator.builder().instances(fleet).stopDelay(Duration.ofMillis(50)).startNow();
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .endpoint(service.endpoint())
            .credentials(
                CredentialsProvider.fixed(
                    Credentials.of(service.accessKeyId(), service.secretAccessKey())))
            .rateLimiter(RateLimiter.tokenBucket(500, 10))
            .build();
    try (TestRedis server = TestRedis.start()) {
      RedisConnection redis = server.connect();
      long before = sum(MEMORY, redis, "memory");
      RedisFleet run = RedisFleet.of(redis, "night");
      run.load(parameters, service.ids().stream().map(InstanceId::of).toList()).block(LIMIT);
      run.join(client, options).outcomes().blockLast(LIMIT);
      double commands = sum(CALLS, redis, "commandstats") / (double) fleet;
      double bytes = (sum(MEMORY, redis, "memory") - before) / (double) fleet;
      System.out.println(commands + " commands and " + bytes + " bytes an id");
      assertThat(commands).isLessThan(2);
      assertThat(bytes).isLessThan(120);
      redis.close().block(LIMIT);
    } finally {
      client.closeAsync().block(LIMIT);
      service.dispose();
    }
  }
}
