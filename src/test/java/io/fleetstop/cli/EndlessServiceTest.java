package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A service whose lists, or whose throttling, never end. */
class EndlessServiceTest {

  private static final int PAGE = 4_000;

  private final AtomicInteger requests = new AtomicInteger();
  private final TestTerminal terminal =
      new TestTerminal()
          .env("VOLCENGINE_ACCESS_KEY", "AKLTexample")
          .env("VOLCENGINE_SECRET_KEY", "secret")
          .env("VOLCENGINE_REGION", "cn-beijing");
  private HttpServer server;

  @BeforeEach
  void open() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.start();
  }

  @AfterEach
  void close() {
    server.stop(0);
  }

  private void reply(int status, IntFunction<String> body) {
    server.createContext(
        "/",
        exchange -> {
          byte[] bytes = body.apply(requests.incrementAndGet()).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
  }

  private static String page(int number, int firstId) {
    return IntStream.range(firstId, firstId + PAGE)
        .mapToObj(
            id ->
                "{\"InstanceId\":\"i-"
                    + id
                    + "\",\"Status\":\"RUNNING\",\"Tags\":[{\"Key\":\"a\"}]}")
        .collect(
            Collectors.joining(
                ",",
                "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{\"NextToken\":\"n"
                    + number
                    + "\",\"Instances\":[",
                "]}}"));
  }

  private String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private int stop(String... options) {
    String[] args = new String[options.length + 3];
    args[0] = "stop";
    args[1] = "--yes";
    args[2] = "--endpoint=" + endpoint();
    System.arraycopy(options, 0, args, 3, options.length);
    return assertTimeoutPreemptively(Duration.ofSeconds(60), () -> terminal.run(args));
  }

  @Test
  void endlessList_endsAtTheMaximum() {
    reply(200, number -> page(number, number * PAGE));

    assertThat(stop("--tag=a", "--max-instances=5000")).isEqualTo(2);
    assertThat(terminal.errText())
        .contains(
            "the fleet has more than 6,000 instances, and --max-instances allows 5,000; nothing");
    assertThat(requests).hasValueLessThan(5);
  }

  @Test
  void instancesThatDoNotPassTheFilters_stopNothing() {
    reply(200, number -> page(number, number * PAGE));

    for (String filter : List.of("--tag b", "--tag a=1", "--status STOPPED")) {
      assertThat(stop(filter.replaceFirst(" ", "="), "--max-instances=5000")).isEqualTo(1);
      assertThat(terminal.errText())
          .contains("which does not pass " + filter + "; nothing was stopped");
    }
  }

  @Test
  void listThatRepeatsItself_ends() {
    reply(200, number -> page(number, 1));

    assertThat(stop("--tag=a", "--max-instances=5000")).isEqualTo(1);
    assertThat(terminal.errText()).contains("the service lists the same instances over and over");
    assertThat(requests).hasValueLessThan(6);
  }

  @Test
  void endlessListOfStrangers_endsForNamedInstances() {
    reply(200, number -> page(number, number * PAGE));

    assertThat(stop("i-1")).isEqualTo(1);
    assertThat(terminal.errText())
        .contains("listed more instances that were not requested than the request names");
    assertThat(requests).hasValue(1);
  }

  @Test
  void endlessThrottling_obeysTheDeadline() {
    reply(
        429,
        number ->
            "{\"ResponseMetadata\":{\"RequestId\":\"r\",\"Error\":{\"Code\":\"FlowLimitExceeded\"}}}");

    assertThat(stop("--no-protect-tag", "--no-wait", "--deadline=300ms", "i-1", "i-2"))
        .isEqualTo(1);
    assertThat(terminal.outLines())
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).contains("FAILED", "FlowLimitExceeded"));
  }

  @Test
  void endlessListOfRegions_isRefused() {
    reply(
        200,
        number ->
            "{\"ResponseMetadata\":{\"RequestId\":\"r\",\"Action\":\"DescribeRegions\"},\"Result\":{\"Regions\":"
                + "[{\"RegionId\":\"r%d\"}],\"NextToken\":\"t%d\"}}".formatted(number, number));
    int exit =
        assertTimeoutPreemptively(
            Duration.ofSeconds(30),
            () ->
                terminal.run(
                    "stop",
                    "--endpoint=http://127.0.0.1:" + server.getAddress().getPort(),
                    "--region=all",
                    "--status=RUNNING",
                    "--plan"));
    assertThat(exit).isEqualTo(1);
    assertThat(terminal.errText()).contains("do not end after 5 pages; nothing was stopped");
  }
}
