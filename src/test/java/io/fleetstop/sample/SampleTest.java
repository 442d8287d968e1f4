package io.fleetstop.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The sample application over HTTP. {@link RunningSample#close} asserts that nothing blocked. */
class SampleTest {

  private static final JsonMapper MAPPER = new JsonMapper();
  private static final String NDJSON = "application/x-ndjson";
  private static final String SSE = "text/event-stream";

  private static RunningSample quick;
  private static RunningSample endless;

  @BeforeAll
  static void start() {
    EcsSimulatorBuilder service =
        EcsSimulator.builder()
            .instances(10)
            .instance("i-error", "ERROR")
            .instance("i-down", "STOPPED");
    quick = RunningSample.start(service.stopDelay(Duration.ofMillis(20)));
    endless = RunningSample.start(service.stopDelay(Duration.ofDays(1)));
  }

  @AfterAll
  static void stop() {
    quick.close();
    endless.close();
  }

  @Test
  void ndjson_oneLinePerOutcome() throws Exception {
    HttpResponse<Stream<String>> response =
        quick.stop("lines", NDJSON, "[\"i-sim0000000001\",\"i-gone\",\"i-error\"]");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).hasValue(NDJSON);
    List<JsonNode> outcomes = response.body().map(MAPPER::readTree).toList();
    assertThat(outcomes)
        .hasSize(3)
        .allSatisfy(
            outcome ->
                // the fields of the command line's --output jsonl
                assertThat(outcome.propertyNames())
                    .containsExactly(
                        "instanceId",
                        "outcome",
                        "errorCode",
                        "httpStatus",
                        "requestId",
                        "attempts",
                        "elapsedMillis",
                        "message"))
        .extracting(SampleTest::summary)
        .containsExactlyInAnyOrder(
            "i-sim0000000001 STOPPED",
            "i-gone FAILED InvalidInstance.NotFound 0 The service does not list the instance, so its"
                + " tags are unknown. No stop was sent. Check the id and the region",
            "i-error FAILED InvalidInstanceStatus 400 The status of the specified instance does"
                + " not support this request.");
    assertThat(outcomes)
        .allSatisfy(
            outcome ->
                assertThat(outcome.get("attempts").asInt())
                    .isEqualTo(outcome.get("instanceId").asString().equals("i-gone") ? 0 : 1));
  }

  private static String summary(JsonNode outcome) {
    String summary = outcome.get("instanceId").asString() + " " + outcome.get("outcome").asString();
    return outcome.get("errorCode").isNull()
        ? summary
        : summary
            + " "
            + outcome.get("errorCode").asString()
            + " "
            + outcome.get("httpStatus").asInt()
            + " "
            + outcome.get("message").asString();
  }

  @Test
  void sse_oneEventPerOutcome() throws Exception {
    HttpResponse<Stream<String>> response =
        quick.stop("events", SSE, "[\"i-sim0000000002\",\"i-sim0000000003\"]");

    assertThat(response.headers().firstValue("content-type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith(SSE));
    assertThat(response.body().filter(line -> !line.isEmpty()))
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).startsWith("data:{").contains("\"STOPPED\""));
    assertThat(quick.service().ledger().effects("i-sim0000000002")).isEqualTo(1);
  }

  @Test
  void delete_drainsTheRun() throws Exception {
    Iterator<String> outcomes =
        endless.stop("ended", NDJSON, "[\"i-sim0000000001\",\"i-gone\"]").body().iterator();
    assertThat(outcomes.next()).contains("i-gone");

    assertThat(endless.send("DELETE", "/shutdowns/ended", "").statusCode()).isEqualTo(204);

    assertThat(outcomes.next()).contains("i-sim0000000001", "UNCONFIRMED", "the run was ended");
    assertThat(outcomes.hasNext()).isFalse();
    assertThat(endless.send("DELETE", "/shutdowns/ended", "").statusCode()).isEqualTo(404);
    assertThat(endless.lines("/shutdowns/ended/progress").hasNext()).isFalse();
  }

  @Test
  void namedRun_isObservedAndPaused() throws Exception {
    String ids = "[\"i-sim0000000002\",\"i-gone\"]";
    Iterator<String> outcomes = endless.stop("watched", NDJSON, ids).body().iterator();
    assertThat(outcomes.next()).contains("i-gone");
    Iterator<String> progress = endless.lines("/shutdowns/watched/progress");
    assertThat(progress.next()).contains("\"state\":\"RUNNING\"", "\"started\":2", "\"failed\":1");

    assertThat(endless.send("PUT", "/shutdowns/watched/paused", "true").statusCode())
        .isEqualTo(204);
    assertThat(progress.next()).contains("\"state\":\"PAUSED\"");
    assertThat(endless.send("PUT", "/shutdowns/watched/paused", "false").statusCode())
        .isEqualTo(204);
    assertThat(progress.next()).contains("\"state\":\"RUNNING\"");

    HttpResponse<Stream<String>> again = endless.stop("watched", NDJSON, ids);
    assertThat(again.statusCode()).isEqualTo(409);
    assertThat(again.body())
        .singleElement()
        .asString()
        .contains("A run named watched is in progress");
    endless.send("DELETE", "/shutdowns/watched", "");
    assertThat(outcomes.next()).contains("UNCONFIRMED");
    String last = "";
    while (progress.hasNext()) {
      last = progress.next();
    }
    assertThat(last).contains("\"state\":\"TERMINATED\"", "\"unconfirmed\":1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[\"no id\"]|InstanceId must hold letters, digits, '-' and '_' only, and start with a"
            + " letter or digit, was \\\"no id\\\"",
        "[null]|InstanceId must not be empty",
        "{\"ids\": []}|Failed to read HTTP message",
      })
  void invalidIds_400AndNothingIsSent(String ids, String detail) throws Exception {
    long before = quick.service().calls();

    HttpResponse<Stream<String>> response = quick.stop("wrong", NDJSON, ids);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body().toList()).singleElement().asString().contains(detail);
    assertThat(quick.service().calls()).isEqualTo(before);
  }

  @Test
  void runError_isTheLastLine() throws Exception {
    EcsSimulatorBuilder service = EcsSimulator.builder().instances(1);
    String wrong = "--fleetstop.credentials.secret-access-key=wrong";
    try (RunningSample sample = RunningSample.start(service, wrong)) {
      List<JsonNode> lines =
          sample
              .stop("refused", NDJSON, "[\"i-sim0000000001\"]")
              .body()
              .map(MAPPER::readTree)
              .toList();

      assertThat(lines).hasSize(2);
      assertThat(lines.get(0).get("outcome").asString()).isEqualTo("FAILED");
      assertThat(lines.get(1).propertyNames())
          .containsExactly("errorCode", "httpStatus", "requestId", "message");
      assertThat(lines.get(1).get("errorCode").asString()).isEqualTo("SignatureDoesNotMatch");
    }
  }

  @Test
  void runningInstances_areListed() throws Exception {
    Iterator<String> running = endless.lines("/instances");

    List<String> ids = new ArrayList<>();
    running.forEachRemaining(line -> ids.add(MAPPER.readTree(line).get("instanceId").asString()));
    assertThat(ids).contains("i-sim0000000010").doesNotContain("i-down", "i-error");
  }

  /** Sends a request as it stands: Java's client does not let the host be set. */
  private static String raw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), quick.port())) {
      socket.setSoTimeout((int) RunningSample.PATIENCE.toMillis());
      socket
          .getOutputStream()
          .write((request + "Connection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host: evil.example\r\n",
        "Host: evil.example:8080\r\n",
        "Host: 127.0.0.1.evil.example\r\n",
        "Host: localhost@evil.example\r\n",
        "Host: \r\n",
      })
  void otherHost_isRejected(String host) throws IOException {
    long before = quick.service().calls();

    assertThat(raw("GET /instances HTTP/1.1\r\n" + host)).matches("(?s)HTTP/1.1 40[03] .*");
    assertThat(raw("DELETE /shutdowns/x HTTP/1.1\r\nX-Requested-By: x\r\n" + host))
        .matches("(?s)HTTP/1.1 40[03] .*");

    assertThat(quick.service().calls()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "localhost:8080", "LOCALHOST", "[::1]:8080"})
  void ownHost_isAccepted(String host) throws IOException {
    assertThat(raw("GET / HTTP/1.1\r\nHost: " + host + "\r\n")).startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS"})
  void changeWithoutHeader_isRejected(String method) throws IOException {
    long before = quick.service().calls();

    assertThat(
            raw(
                method
                    + " /shutdowns/x HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 0\r\n"))
        .startsWith("HTTP/1.1 403 ");

    assertThat(quick.service().calls()).isEqualTo(before);
  }
}
