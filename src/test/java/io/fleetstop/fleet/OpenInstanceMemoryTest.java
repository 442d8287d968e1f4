package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.ScriptedExchange;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.model.InstanceId;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The heap that an accepted instance occupies until its outcome, by class histograms. */
class OpenInstanceMemoryTest {

  private static final Logger LOG = LoggerFactory.getLogger(OpenInstanceMemoryTest.class);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int WARM_UP = 500;
  private static final int FLEET = 10_000;
  private static final int PAGE = 100;
  private static final long MAX_BYTES = 1_024;

  private volatile CountDownLatch described = new CountDownLatch(0);

  @Tag("guarantee:bounded-memory")
  @Test
  void awaitedInstance_costsLessThanAKilobyteBesideItsId() throws Exception {
    List<InstanceId> ids =
        IntStream.range(0, WARM_UP + FLEET)
            .mapToObj(number -> InstanceId.of("i-ycm" + (100_000_000_000L + number)))
            .toList();
    EcsClient client = client();
    ShutdownOptions options =
        ShutdownOptions.builder()
            .maxOpen(FLEET)
            .awaitOptions(wait -> wait.pollInterval(Duration.ofSeconds(1)))
            .build();
    FleetShutdown shutdown = FleetShutdown.create(client, options);
    // What is loaded and built once is part of neither histogram's growth.
    Disposable first = open(shutdown, ids.subList(0, WARM_UP));
    Map<String, Long> before = histogram();
    Disposable second = open(shutdown, ids.subList(WARM_UP, ids.size()));
    try {
      Map<String, Long> growth = histogram();
      before.forEach((type, bytes) -> growth.merge(type, -bytes, Long::sum));
      long each = growth.values().stream().mapToLong(Long::longValue).sum() / FLEET;
      String largest =
          growth.entrySet().stream()
              .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
              .limit(20)
              .map(entry -> entry.getValue() / FLEET + " " + entry.getKey())
              .collect(Collectors.joining(", "));
      LOG.info("{} bytes for each awaited instance: {}", each, largest);
      assertThat(each).as(largest).isLessThan(MAX_BYTES);
    } finally {
      second.dispose();
      first.dispose();
      client.closeAsync().block(PATIENCE);
    }
  }

  /** Starts a run, and returns when each instance was described for its tags and as stopping. */
  private Disposable open(FleetShutdown shutdown, List<InstanceId> ids)
      throws InterruptedException {
    CountDownLatch expected = new CountDownLatch(3 * ids.size() / PAGE);
    described = expected;
    Disposable run = shutdown.stop(Flux.fromIterable(ids)).subscribe();
    assertThat(expected.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return run;
  }

  /** Returns the bytes of the reachable objects by type. */
  private static Map<String, Long> histogram() throws JMException {
    String table =
        (String)
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "gcClassHistogram",
                    new Object[] {null},
                    new String[] {String[].class.getName()});
    return table
        .lines()
        .map(line -> line.strip().split("\\s+"))
        // Rank, instances, bytes, type.
        .filter(columns -> columns.length >= 4 && columns[0].endsWith(":"))
        .collect(
            Collectors.toMap(
                columns -> columns[3], columns -> Long.valueOf(columns[2]), Long::sum));
  }

  private EcsClient client() {
    return EcsClient.builder()
        .region("cn-beijing")
        .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
        .rateLimiters(RateLimiterRegistry.of(scope -> RateLimiter.unlimited()))
        .transport(
            (request, maySend) ->
                Mono.fromSupplier(maySend::getAsBoolean).flatMap(sent -> answer(request)))
        .build();
  }

  private Mono<Response> answer(Request request) {
    String query = request.uri().getRawQuery();
    if (query.contains("Action=StopInstance")) {
      return ScriptedExchange.accepted();
    }
    String instances =
        Arrays.stream(query.split("&"))
            .filter(parameter -> parameter.startsWith("InstanceIds."))
            .map(parameter -> parameter.substring(parameter.indexOf('=') + 1))
            .map(id -> "{\"InstanceId\":\"" + id + "\",\"Status\":\"STOPPING\"}")
            .collect(Collectors.joining(","));
    described.countDown();
    return ScriptedExchange.reply(
        200,
        "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{\"Instances\":["
            + instances
            + "]}}");
  }
}
