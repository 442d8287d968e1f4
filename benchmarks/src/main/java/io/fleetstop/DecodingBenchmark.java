package io.fleetstop;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.SecretMask;
import io.fleetstop.error.EcsException;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.StopInstance;
import io.fleetstop.transport.HttpExchange.Response;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Decoding of a reply, beside a plain tree of Jackson. It is in the library's own package, because
 * the codec is package-private.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
@State(Scope.Thread)
public class DecodingBenchmark {

  private static final String METADATA =
      "{\"ResponseMetadata\":{\"RequestId\":\"20261123120000000A1B2C3D400000001\","
          + "\"Action\":\"StopInstance\",\"Version\":\"2020-04-01\","
          + "\"Service\":\"ecs\",\"Region\":\"cn-beijing\"";

  private final JsonMapper json = JsonMapper.builder().build();
  private final StopInstance stop = StopInstance.of("i-3tiefmkskq3vj0example");
  private final DescribeInstances describe = DescribeInstances.builder().build();
  private final Credentials credentials =
      Credentials.of("AKLTbenchmarksample", "YmVuY2htYXJrLW9ubHktbm90LWEtc2VjcmV0");
  private final Instant now = Instant.parse("2026-11-23T12:00:00Z");

  /** The reply: an empty result, an error, or a page of so many instances. */
  @Param({"empty", "error", "1", "10", "100"})
  public String reply;

  private Response response;

  /** Writes the reply. */
  @Setup
  public void prepare() {
    String body =
        switch (reply) {
          case "empty" -> METADATA + "},\"Result\":{}}";
          case "error" ->
              METADATA
                  + ",\"Error\":{\"CodeN\":1170001,\"Code\":\"InvalidInstance.NotFound\","
                  + "\"Message\":\"The specified instance i-3tiefmkskq3vj0example does not"
                  + " exist.\"}}}";
          default -> METADATA + "},\"Result\":{\"Instances\":[" + instances() + "]}}";
        };
    response =
        new Response(
            reply.equals("error") ? 404 : 200,
            Map.of("content-type", List.of("application/json")),
            body.getBytes(StandardCharsets.UTF_8));
  }

  private String instances() {
    return IntStream.rangeClosed(1, Integer.parseInt(reply))
        .mapToObj(DecodingBenchmark::instance)
        .collect(Collectors.joining(","));
  }

  private static String instance(int number) {
    return "{\"InstanceId\":\"i-sim"
        + number
        + "\",\"InstanceName\":\"worker-"
        + number
        + "\",\"Status\":\"RUNNING\",\"ZoneId\":\"cn-beijing-a\",\"InstanceTypeId\":"
        + "\"ecs.g3i.large\",\"ProjectName\":\"default\",\"Cpus\":2,\"MemorySize\":8192,"
        + "\"Tags\":[{\"Key\":\"team\",\"Value\":\"search\"}],\"CreatedAt\":"
        + "\"2026-11-01T08:00:00+08:00\"}";
  }

  /** The tree that Jackson makes of the reply. */
  @Benchmark
  public JsonNode floor() {
    return json.readTree(response.body());
  }

  /** The result, or the error, that we make of it. */
  @Benchmark
  public Object ours() {
    try {
      return reply.equals("empty") || reply.equals("error")
          ? ActionCodec.decode(stop, response, SecretMask.of(credentials, null), 1, now)
          : ActionCodec.decode(describe, response, SecretMask.of(credentials, null), 1, now);
    } catch (EcsException e) {
      return e;
    }
  }
}
