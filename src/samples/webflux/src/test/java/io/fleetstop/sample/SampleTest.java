package io.fleetstop.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** The sample application over HTTP. */
class SampleTest {

  @TempDir private static Path runs;

  private static EcsSimulator service;
  private static RunningSample sample;

  @BeforeAll
  static void start() {
    service =
        EcsSimulator.builder()
            .instances(400)
            .instance("i-down", "STOPPED")
            .stopDelay(Duration.ofMillis(20))
            .startNow();
    sample = RunningSample.start(service, runs, "--fleetstop.pace.rate=100");
  }

  @AfterAll
  static void stop() {
    sample.close();
    service.dispose();
  }

  private static List<String> ids(int from, int to) {
    return service.ids().subList(from, to);
  }

  @Test
  void post_streamsOutcomesAndTheEnd() throws Exception {
    List<String> lines =
        sample.stream("POST", "/shutdowns/lines", "[\"i-sim0000000400\",\"i-gone\"]")
            .body()
            .toList();

    assertThat(lines).hasSize(3);
    assertThat(lines.subList(0, 2))
        .anySatisfy(line -> assertThat(line).contains("i-sim0000000400", "\"STOPPED\""))
        .anySatisfy(line -> assertThat(line).contains("i-gone", "InvalidInstance.NotFound"));
    assertThat(lines.get(2))
        .isEqualTo(
            "{\"type\":\"end\",\"reason\":\"COMPLETED\",\"counts\":{\"STOPPED\":1,\"FAILED\":1}}");
  }

  @Test
  void clientDisconnects_runContinuesAndIsFoundAgain() throws Exception {
    String body = RunningSample.json(ids(0, 100));
    try (Stream<String> lines = sample.stream("POST", "/shutdowns/left", body).body()) {
      assertThat(lines.iterator().next()).contains("STOPPED");
    }

    assertThat(sample.send("GET", "/shutdowns", "").body())
        .contains("{\"name\":\"left\",\"instances\":100,");
    String events = sample.send("GET", "/shutdowns/left/events", "").body();

    assertThat(events).startsWith("event:begin\n").contains("event:progress\n");
    assertThat(events.split("\"outcome\":\"STOPPED\"", -1)).hasSize(101);
    assertThat(events.strip()).endsWith("data:{\"reason\":\"COMPLETED\",\"message\":null}");
    assertThat(ids(0, 100)).allMatch(id -> service.ledger().effects(id) == 1);
  }

  @Test
  void namedRun_isPausedResumedAndDrained() throws Exception {
    String body = RunningSample.json(ids(100, 300));
    assertThat(sample.send("PUT", "/shutdowns/held", body).statusCode()).isEqualTo(201);
    Iterator<String> events = sample.stream("GET", "/shutdowns/held/events", "").body().iterator();

    assertThat(sample.send("PUT", "/shutdowns/held", body).statusCode()).isEqualTo(409);
    assertThat(sample.send("PUT", "/shutdowns/held/paused", "true").statusCode()).isEqualTo(204);
    awaitLine(events, "\"state\":\"PAUSED\"");
    assertThat(sample.send("PUT", "/shutdowns/held/paused", "false").statusCode()).isEqualTo(204);
    awaitLine(events, "\"state\":\"RUNNING\"");
    assertThat(sample.send("DELETE", "/shutdowns/held", "").statusCode()).isEqualTo(204);
    awaitLine(events, "\"reason\":\"COMPLETED\"");

    assertThat(ids(100, 300)).anyMatch(id -> service.ledger().effects(id) == 0);
    assertThat(sample.send("DELETE", "/shutdowns/none", "").statusCode()).isEqualTo(404);
  }

  private static void awaitLine(Iterator<String> lines, String part) {
    while (!lines.next().contains(part)) {
      assertThat(lines).hasNext();
    }
  }

  @Test
  void restart_findsTheRunPausedAndStopsEachOnce(@TempDir Path directory) throws Exception {
    EcsSimulator own =
        EcsSimulator.builder().instances(200).stopDelay(Duration.ofMillis(20)).startNow();
    try {
      long before;
      try (RunningSample first = RunningSample.start(own, directory, "--fleetstop.pace.rate=40")) {
        first.send("PUT", "/shutdowns/nightly", RunningSample.json(own.ids()));
        Iterator<String> events =
            first.stream("GET", "/shutdowns/nightly/events", "").body().iterator();
        awaitLine(events, "\"outcome\":\"STOPPED\"");
      }
      before = own.ledger().effects();
      assertThat(before).isBetween(1L, 150L);

      try (RunningSample second =
          RunningSample.start(own, directory, "--fleetstop.pace.rate=1000")) {
        HttpResponse<Stream<String>> events = awaitRun(second);
        Iterator<String> lines = events.body().iterator();
        awaitLine(lines, "\"earlier\":[{\"instanceId\":");
        awaitLine(lines, "\"state\":\"PAUSED\"");
        assertThat(own.ledger().effects()).isEqualTo(before);
        second.send("PUT", "/shutdowns/nightly/paused", "false");
        awaitLine(lines, "\"reason\":\"COMPLETED\"");
      }
      assertThat(own.ids()).allMatch(id -> own.ledger().effects(id) == 1);
      assertThat(directory).isDirectoryNotContaining("glob:**.ids");
    } finally {
      own.dispose();
    }
  }

  /** Journals are read beside the start of the web server. */
  private static HttpResponse<Stream<String>> awaitRun(RunningSample second) throws Exception {
    for (int i = 0; i < 500; i++) {
      HttpResponse<Stream<String>> events = second.stream("GET", "/shutdowns/nightly/events", "");
      if (events.statusCode() == 200) {
        return events;
      }
    }
    throw new AssertionError("the run is not found");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "wrong|[\"no id\"]|1 of 1 instance id is invalid and nothing was sent",
        "wrong|{\"ids\": []}|Failed to read HTTP message",
        "wr.ong|[\"i-1\"]|The name of a run must be 1 to 64 lower-case letters",
        "Wrong|[\"i-1\"]|must be 1 to 64 lower-case letters",
      })
  void invalidRequest_400AndNothingIsSent(String name, String ids, String detail) throws Exception {
    HttpResponse<String> response = sample.send("PUT", "/shutdowns/" + name, ids);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains(detail);
    assertThat(sample.send("GET", "/shutdowns", "").body()).doesNotContain("\"wr", "\"Wr");
  }

  @Test
  void runningInstances_areListed() throws Exception {
    assertThat(sample.send("GET", "/instances", "").body())
        .contains("i-sim0000000350")
        .doesNotContain("i-down");
  }

  /** Sends a request as it stands: Java's client does not let the host be set. */
  private static String raw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), sample.port())) {
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
    assertThat(raw("GET /shutdowns HTTP/1.1\r\n" + host)).matches("(?s)HTTP/1.1 40[03] .*");
    assertThat(raw("DELETE /shutdowns/x HTTP/1.1\r\nX-Requested-By: x\r\n" + host))
        .matches("(?s)HTTP/1.1 40[03] .*");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "localhost:8080", "LOCALHOST", "[::1]:8080"})
  void ownHost_isAccepted(String host) throws IOException {
    assertThat(raw("GET / HTTP/1.1\r\nHost: " + host + "\r\n")).startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS"})
  void changeWithoutHeader_isRejected(String method) throws IOException {
    assertThat(
            raw(
                method
                    + " /shutdowns/x HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 0\r\n"))
        .startsWith("HTTP/1.1 403 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Origin: https://evil.example\r\n",
        "Origin: http://localhost:9999\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n",
        "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\n",
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"
      })
  void readByAnotherSite_isRejected(String headers) throws IOException {
    for (String path : List.of("/", "/instances", "/shutdowns/x")) {
      assertThat(raw("GET " + path + " HTTP/1.1\r\nHost: localhost:8080\r\n" + headers))
          .startsWith("HTTP/1.1 403 ");
    }
    assertThat(
            raw(
                "DELETE /shutdowns/x HTTP/1.1\r\nHost: localhost:8080\r\nX-Requested-By: x\r\n"
                    + headers))
        .startsWith("HTTP/1.1 403 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Origin: http://localhost:8080\r\nSec-Fetch-Site: same-origin\r\n",
        "Sec-Fetch-Site: none\r\n",
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"
      })
  void readByThePageAndByALink_isAnswered(String headers) throws IOException {
    assertThat(raw("GET / HTTP/1.1\r\nHost: localhost:8080\r\n" + headers))
        .startsWith("HTTP/1.1 200 ");
  }

  @Test
  void page_isNotShownInAFrameAndNoReplyIsTakenForAnotherType() throws IOException {
    assertThat(raw("GET / HTTP/1.1\r\nHost: localhost\r\n"))
        .contains("X-Content-Type-Options: nosniff")
        .contains("X-Frame-Options: DENY", "Content-Security-Policy: frame-ancestors 'none'");
  }

  @Test
  void runThatBeginsWhileTheServerStops_sendsNothing(@TempDir Path directory) throws Exception {
    EcsSimulator own = EcsSimulator.builder().instances(20).startNow();
    List<InstanceId> ids = own.ids().stream().map(InstanceId::of).toList();
    try (RunningSample stopping = RunningSample.start(own, directory)) {
      for (int i = 0; i < 10; i++) {
        Mono<FleetRun> begun = stopping.runs().start("late-" + i, ids).cache();
        begun.subscribe();
        stopping.runs().stop();
        begun.flatMap(FleetRun::closed).block(Duration.ofSeconds(20));
        stopping.runs().start();
      }
      assertThat(own.ledger().effects()).isZero();
      assertThat(Files.getPosixFilePermissions(directory.resolve("late-9.ids")))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    } finally {
      own.dispose();
    }
  }

  @Test
  void fileThatIsRead_isClosedBeforeTheServerHasStopped(@TempDir Path directory) throws Exception {
    Path pipe = directory.resolve("held.ids"); // its reader waits for a writer
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    CountDownLatch stopped = new CountDownLatch(1);
    try (RunningSample stopping = RunningSample.start(service, directory)) {
      try (OutputStream ids =
          assertTimeoutPreemptively(Duration.ofSeconds(20), () -> Files.newOutputStream(pipe))) {
        stopping.runs().stop(stopped::countDown);

        assertThat(stopped.getCount()).isOne();
        ids.write("i-sim0000000001\n".getBytes(StandardCharsets.US_ASCII));
      }
      assertThat(stopped.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(stopping.runs().find("held")).matches(FleetRun::isInterrupted, "interrupted");
    }
  }

  @Test
  void directoryThatOthersMayWriteTo_isNotUsed(@TempDir Path directory) throws Exception {
    Path other = Files.writeString(directory.resolve("other"), "precious");
    Files.writeString(directory.resolve("late.journal"), "precious");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    try (RunningSample open = RunningSample.start(service, directory)) {
      Files.createSymbolicLink(directory.resolve("late.partial"), other);
      Mono<FleetRun> run = open.runs().start("late", List.of(InstanceId.of("i-down")));

      assertThatThrownBy(() -> run.block(Duration.ofSeconds(20)))
          .hasMessageContaining("is writable by others");
    }
    assertThat(other).hasContent("precious");
    assertThat(directory.resolve("late.journal")).hasContent("precious");
    assertThat(directory.resolve("late.partial")).isSymbolicLink();
  }

  @Test
  void idsThatOthersMayWriteTo_areNotRestored(@TempDir Path directory) throws Exception {
    Path ids = Files.writeString(directory.resolve("evil.ids"), "i-not-named\n");
    Files.setPosixFilePermissions(ids, PosixFilePermissions.fromString("rw-rw-rw-"));
    Files.writeString(directory.resolve("good.ids"), "i-down\n"); // which is read after it
    try (RunningSample restarted = RunningSample.start(service, directory)) {
      FleetRuns runs = restarted.runs();
      assertTimeoutPreemptively(
          Duration.ofSeconds(20),
          () -> {
            while (runs.find("good") == null) {
              Thread.onSpinWait();
            }
          });
      assertThat(runs.find("evil")).isNull();
    }
    assertThat(ids).hasContent("i-not-named");
  }

  @Test
  void linkInPlaceOfAFile_isNotFollowed(@TempDir Path directory) throws Exception {
    Path other = Files.writeString(directory.resolve("other"), "precious");
    for (String end : List.of(".ids", ".partial", ".journal")) {
      Files.createSymbolicLink(runs.resolve("linked" + end), other);
    }

    sample.stream("POST", "/shutdowns/linked", "[\"i-down\"]").body().forEach(line -> {});

    assertThat(other).hasContent("precious");
    assertThat(runs.resolve("linked.journal")).isRegularFile().isReadable();
    Files.deleteIfExists(runs.resolve("linked.partial"));
  }

  @Test
  void nameOfAnInterruptedRun_isReservedFromTheStart(@TempDir Path directory) throws Exception {
    Files.writeString(directory.resolve("nightly.ids"), "i-sim0000000001\n");
    Files.writeString(directory.resolve("nightly.journal"), "not a journal\n");
    try (RunningSample restarted = RunningSample.start(service, directory)) {
      for (int i = 0; i < 50; i++) { // before and after the files are read
        assertThat(
                restarted.send("PUT", "/shutdowns/nightly", "[\"i-sim0000000002\"]").statusCode())
            .isEqualTo(409);
      }
    }
    assertThat(directory.resolve("nightly.journal")).hasContent("not a journal");
    assertThat(directory.resolve("nightly.ids")).hasContent("i-sim0000000001");
  }
}
