package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.CallStats;
import io.fleetstop.model.InstanceId;
import io.fleetstop.samples.Samples;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.codec.autoconfigure.CodecsAutoConfiguration;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The documents' controller: outcomes as lines and as events, and the line at the end. */
class OutcomeStreamTest {

  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final String END_OF_ONE_FAILURE =
      "{\"type\":\"end\",\"reason\":\"COMPLETED\",\"counts\":{\"FAILED\":1}}";

  private static EcsSimulator simulator = EcsSimulator.builder().startNow();

  @BeforeAll
  static void start() {
    simulator.dispose();
    simulator = EcsSimulator.builder().instances(100).stopDelay(Duration.ofMillis(10)).startNow();
  }

  @AfterAll
  static void stop() {
    simulator.dispose();
  }

  private static void withController(Consumer<WebTestClient> test, String... properties) {
    new ReactiveWebApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                FleetstopAutoConfiguration.class,
                FleetstopWebFluxAutoConfiguration.class,
                JacksonAutoConfiguration.class,
                CodecsAutoConfiguration.class,
                WebFluxAutoConfiguration.class))
        .withPropertyValues(
            "fleetstop.region=cn-beijing",
            "fleetstop.endpoint=" + simulator.endpoint(),
            "fleetstop.credentials.access-key-id=" + simulator.accessKeyId(),
            "fleetstop.credentials.secret-access-key=" + simulator.secretAccessKey(),
            "fleetstop.shutdown.poll-interval=50ms")
        .withPropertyValues(properties)
        .withBean(Samples.Shutdowns.class)
        .withBean(Faulty.class)
        .run(
            context ->
                test.accept(
                    WebTestClient.bindToApplicationContext(context)
                        .configureClient()
                        .responseTimeout(PATIENCE)
                        .build()));
  }

  @RestController
  static final class Faulty {

    private final FleetShutdown fleet;

    Faulty(FleetShutdown fleet) {
      this.fleet = fleet;
    }

    @GetMapping(path = "/conflict", produces = MediaType.APPLICATION_NDJSON_VALUE)
    Flux<ShutdownOutcome> conflict() {
      return Flux.error(new ResponseStatusException(HttpStatus.CONFLICT));
    }

    @GetMapping(path = "/broken", produces = MediaType.APPLICATION_NDJSON_VALUE)
    Flux<ShutdownOutcome> broken() {
      return fleet
          .stop(Flux.fromIterable(InstanceIdParser.parse(List.of("i-sim0000000091"))))
          .concatWith(Flux.error(new IllegalStateException("a secret of the program")));
    }

    @GetMapping(path = "/internal", produces = MediaType.APPLICATION_NDJSON_VALUE)
    Flux<ShutdownOutcome> internal() {
      InstanceId id = InstanceId.of("i-1");
      CallStats none = new CallStats(0, Duration.ZERO, null);
      return Flux.<ShutdownOutcome>just(
              new ShutdownOutcome.Failed(
                  id,
                  none,
                  error(ClientErrors.CREDENTIALS_UNAVAILABLE, "/root/my keys/c.json: no")),
              new ShutdownOutcome.Failed(
                  id, none, error(ClientErrors.UNEXPECTED_FAILURE, "NoSuchFile: /srv/my app/x")))
          .concatWith(
              Flux.error(
                  error(
                      ClientErrors.JOURNAL_FAILED,
                      "The journal /var/lib/my app/a.jsonl cannot be used: it is in use")));
    }

    private static EcsException error(ErrorCode code, String detail) {
      return EcsException.builder(code, Delivery.NOT_SENT).detail(detail).build();
    }

    @GetMapping(path = "/one", produces = MediaType.APPLICATION_NDJSON_VALUE)
    Mono<ShutdownOutcome> one() {
      return fleet
          .stop(Flux.fromIterable(InstanceIdParser.parse(List.of("i-sim0000000092"))))
          .single();
    }

    @GetMapping(path = "/array", produces = MediaType.APPLICATION_JSON_VALUE)
    Flux<ShutdownOutcome> array() {
      return fleet.stop(Flux.fromIterable(InstanceIdParser.parse(List.of("i-sim0000000093"))));
    }
  }

  private static EntityExchangeResult<String> post(
      WebTestClient http, String accept, List<String> ids) {
    return http.post()
        .uri("/shutdowns")
        .header("Accept", accept)
        .contentType(MediaType.APPLICATION_JSON)
        .bodyValue(MAPPER.writeValueAsString(ids))
        .exchange()
        .expectBody(String.class)
        .returnResult();
  }

  private static List<JsonNode> lines(EntityExchangeResult<String> response) {
    return Objects.requireNonNull(response.getResponseBody())
        .lines()
        .filter(line -> !line.isEmpty())
        .map(line -> MAPPER.readTree(line.replaceFirst("^data:", "")))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/x-ndjson", "text/event-stream"})
  void everyOutcomeIsALine_andTheEndIsTheLast(String accept) {
    withController(
        http -> {
          List<String> ids =
              List.of("i-gone", accept.startsWith("text") ? "i-sim0000000001" : "i-sim0000000002");
          EntityExchangeResult<String> response = post(http, accept, ids);

          assertThat(response.getStatus().value()).isEqualTo(200);
          assertThat(response.getResponseHeaders().getFirst("Content-Type")).startsWith(accept);
          List<JsonNode> lines = lines(response);
          assertThat(lines).hasSize(3);
          assertThat(lines.subList(0, 2))
              .extracting(line -> line.get("outcome").asString())
              .containsExactlyInAnyOrder("STOPPED", "FAILED");
          assertThat(lines.get(2))
              .hasToString(
                  "{\"type\":\"end\",\"reason\":\"COMPLETED\","
                      + "\"counts\":{\"STOPPED\":1,\"FAILED\":1}}");
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/x-ndjson", "text/event-stream"})
  void settingsOfTheMapper_doNotChangeTheLines(String accept) {
    withController(
        http -> {
          List<JsonNode> lines = lines(post(http, accept, List.of("i-gone")));

          assertThat(lines).hasSize(2);
          assertThat(lines.get(0).propertyNames())
              .startsWith("instanceId", "outcome", "errorCode", "httpStatus", "requestId");
          assertThat(lines.get(1)).hasToString(END_OF_ONE_FAILURE);
          assertThat(lines(post(http, accept, List.of())))
              .singleElement()
              .hasToString("{\"type\":\"end\",\"reason\":\"COMPLETED\",\"counts\":{}}");
        },
        "spring.jackson.serialization.indent-output=true",
        "spring.jackson.serialization.wrap-root-value=true",
        "spring.jackson.property-naming-strategy=SNAKE_CASE",
        "spring.jackson.default-property-inclusion=non_empty");
  }

  @Test
  void runDeadlineElapses_endIsDrained() {
    withController(
        http -> {
          List<String> ids = List.of("i-sim0000000010", "i-sim0000000011", "i-sim0000000012");
          List<JsonNode> lines = lines(post(http, "application/x-ndjson", ids));

          assertThat(lines.get(lines.size() - 1).get("reason").asString()).isEqualTo("DRAINED");
        },
        "fleetstop.shutdown.run-deadline=200ms",
        "fleetstop.pace.rate=0.1");
  }

  @Test
  void runError_isTheLastLineAfterAllOutcomes() {
    withController(
        http -> {
          List<JsonNode> lines =
              lines(post(http, "application/x-ndjson", List.of("i-sim0000000003", "i-gone")));

          JsonNode end = lines.get(lines.size() - 1);
          assertThat(end.get("type").asString()).isEqualTo("end");
          assertThat(end.get("reason").asString()).isEqualTo("SignatureDoesNotMatch");
          assertThat(end.get("message").asString()).isNotEmpty();
          assertThat(lines).hasSize(3);
          assertThat(end.get("counts").valueStream().mapToInt(JsonNode::asInt).sum()).isEqualTo(2);
        },
        "fleetstop.credentials.secret-access-key=wrong");
  }

  /** A web client sees no name of a file of the server, and no text of its parts. */
  @Test
  void reasonOfTheServer_isNotShown() {
    withController(
        http -> {
          List<JsonNode> lines =
              lines(http.get().uri("/internal").exchange().expectBody(String.class).returnResult());

          assertThat(lines)
              .extracting(line -> line.get("message").asString())
              .allMatch(message -> message.endsWith(" See the server's log."))
              .noneMatch(message -> message.contains("/") || message.contains("NoSuchFile"));
          assertThat(lines.get(0).get("errorCode").asString())
              .isEqualTo("Client.CredentialsUnavailable");
          assertThat(lines.get(2).get("reason").asString()).isEqualTo("Client.JournalFailed");
        });
  }

  @Test
  void unexpectedError_isTheLastLineWithoutItsText() {
    withController(
        http -> {
          String body =
              http.get()
                  .uri("/broken")
                  .exchange()
                  .expectStatus()
                  .isOk()
                  .expectBody(String.class)
                  .returnResult()
                  .getResponseBody();

          assertThat(Objects.requireNonNull(body).lines()).hasSize(2);
          assertThat(body)
              .contains("\"reason\":\"FAILED\"", "\"counts\":{\"STOPPED\":1}")
              .doesNotContain("a secret");
        });
  }

  @Test
  void oddIds_areShortenedAndEscaped() {
    withController(
        http -> {
          EntityExchangeResult<String> response =
              post(http, "*/*", List.of("\ud800", "x".repeat(100_000), ""));

          assertThat(response.getStatus().value()).isEqualTo(400);
          JsonNode problem = MAPPER.readTree(response.getResponseBody());
          assertThat(problem.get("invalidIds").valueStream().map(JsonNode::asString))
              .containsExactly("?", "x".repeat(128) + "\u2026", "");
        });
  }

  @Test
  void errorBeforeTheRun_decidesTheStatus() {
    withController(http -> http.get().uri("/conflict").exchange().expectStatus().isEqualTo(409));
  }

  @Test
  void monoAndArray_haveNoEndLine() {
    withController(
        http -> {
          for (String path : List.of("/one", "/array")) {
            http.get()
                .uri(path)
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody(String.class)
                .value(body -> assertThat(body).contains("STOPPED").doesNotContain("\"end\""));
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/x-ndjson", "text/event-stream", "*/*"})
  void invalidIds_400NamesTheFirstTen(String accept) {
    withController(
        http -> {
          List<String> ids =
              IntStream.rangeClosed(0, 12)
                  .mapToObj(i -> i == 0 ? "i-sim0000000004" : "no id " + i)
                  .toList();
          long before = simulator.calls();

          EntityExchangeResult<String> response = post(http, accept, ids);

          assertThat(response.getStatus().value()).isEqualTo(400);
          assertThat(response.getResponseHeaders().getContentType())
              .isEqualTo(MediaType.APPLICATION_PROBLEM_JSON);
          JsonNode problem = MAPPER.readTree(response.getResponseBody());
          assertThat(problem.get("status").asInt()).isEqualTo(400);
          assertThat(problem.get("detail").asString())
              .startsWith("12 of 13 instance ids are invalid and nothing was sent")
              .contains("\"no id 1\"", "\"no id 10\"")
              .doesNotContain("no id 11")
              .endsWith("; and 2 more");
          assertThat(problem.get("invalidIds").valueStream().map(JsonNode::asString))
              .containsExactlyElementsOf(ids.subList(1, 11));
          assertThat(problem.get("rule").asString())
              .isEqualTo(
                  "An instance id has 1 to 128 letters, digits, '-' and '_', and starts with a"
                      + " letter or digit");
          assertThat(simulator.calls()).isEqualTo(before);
        });
  }
}
