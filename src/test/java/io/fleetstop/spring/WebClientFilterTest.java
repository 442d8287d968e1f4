package io.fleetstop.spring;

import static io.fleetstop.contract.RawServer.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.contract.RawServer;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.retry.Backoff;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.sign.RequestSigner;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Fault;
import io.fleetstop.transport.HttpExchange.Request;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.test.StepVerifier;

class WebClientFilterTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String STOP =
      "/?Version=2020-04-01&Action=StopInstance&InstanceId=i-sim0000000001";
  private static final String DESCRIBE = "/?Action=DescribeInstances&Version=2020-04-01";

  private final EcsSimulator simulator =
      EcsSimulator.builder().instances(200).stopDelay(Duration.ofMillis(10)).startNow();

  @AfterEach
  void stop() {
    simulator.dispose();
  }

  private CredentialsProvider credentials() {
    return CredentialsProvider.fixed(
        Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey()));
  }

  private SigningFilter.Builder signing(URI endpoint) {
    return SigningFilter.builder(endpoint, RequestSigner.of("cn-beijing", "ecs"), credentials());
  }

  private static RetryPolicy.Builder policy() {
    return RetryPolicy.builder()
        .backoff(Category.SERVER, Backoff.none())
        .backoff(Category.NETWORK, Backoff.none())
        .backoff(Category.THROTTLED, Backoff.none());
  }

  private static RetryFilter.Builder retrying() {
    return RetryFilter.builder().policy(policy().build());
  }

  private WebClient client(RetryFilter retry, SigningFilter signing) {
    return WebClient.builder()
        .baseUrl(simulator.endpoint().toString())
        .filter(retry)
        .filter(signing)
        .build();
  }

  private static Mono<String> get(WebClient client, String uri) {
    return client.get().uri(uri).retrieve().bodyToMono(String.class);
  }

  @Test
  void requestIsSigned() {
    WebClient client =
        WebClient.builder()
            .baseUrl(simulator.endpoint().toString())
            .filter(signing(simulator.endpoint()).build())
            .build();
    StepVerifier.create(get(client, STOP))
        .assertNext(body -> assertThat(body).contains("RequestId").doesNotContain("Error"))
        .expectComplete()
        .verify(PATIENCE);
    assertThat(simulator.ledger().effects()).isEqualTo(1);
  }

  @Test
  void jdkConnectorWorks() {
    simulator.failNext("StopInstance", EcsErrors.INTERNAL_ERROR, 1);
    WebClient client =
        client(retrying().build(), signing(simulator.endpoint()).build())
            .mutate()
            .clientConnector(new JdkClientHttpConnector())
            .build();
    StepVerifier.create(get(client, STOP + "&ClientToken=once"))
        .assertNext(body -> assertThat(body).contains("RequestId").doesNotContain("Error"))
        .expectComplete()
        .verify(PATIENCE);
    assertThat(simulator.ledger().effects()).isEqualTo(1);
    assertThat(simulator.calls()).isEqualTo(2);
  }

  @Test
  void unsignedRequestIsRejected() {
    StepVerifier.create(get(WebClient.create(simulator.endpoint().toString()), STOP))
        .expectError()
        .verify(PATIENCE);
  }

  @Test
  void signatureCoversStreamedAndBufferedBodies() throws Exception {
    try (RawServer server = RawServer.replying(reply(200, "application/json", "{}"))) {
      URI endpoint = server.uri("");
      WebClient client =
          WebClient.builder()
              .baseUrl(endpoint.toString())
              .filter(signing(endpoint).clock(InstantSource.fixed(Instant.EPOCH)).build())
              .build();
      Mono<String> streamed =
          client
              .post()
              .uri("/?b=2&a=1")
              .contentType(MediaType.TEXT_PLAIN)
              .body(Flux.just("one ", "two"), String.class)
              .retrieve()
              .bodyToMono(String.class);
      StepVerifier.create(streamed).expectNext("{}").expectComplete().verify(PATIENCE);
      String fromStream = server.nextRequest();
      StepVerifier.create(
              client
                  .post()
                  .uri("/?a=1&b=2")
                  .contentType(MediaType.TEXT_PLAIN)
                  .bodyValue("one two")
                  .retrieve()
                  .bodyToMono(String.class))
          .expectNext("{}")
          .expectComplete()
          .verify(PATIENCE);
      String fromValue = server.nextRequest();
      assertThat(fromStream).startsWith("POST /?a=1&b=2 ").endsWith("one two");
      assertThat(header(fromStream, "Content-Length")).isEqualTo("7");
      assertThat(header(fromStream, "Authorization"))
          .isEqualTo(header(fromValue, "Authorization"))
          .isEqualTo(
              RequestSigner.of("cn-beijing", "ecs")
                  .sign(
                      new Request(
                          "POST",
                          server.uri("/?a=1&b=2"),
                          Map.of(),
                          "one two".getBytes(StandardCharsets.UTF_8)),
                      Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey()),
                      Instant.EPOCH)
                  .headers()
                  .get("Authorization"));
    }
  }

  private static String header(String request, String name) {
    return request
        .lines()
        .filter(
            line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ": "))
        .map(line -> line.substring(name.length() + 2))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void endlessBody_failsBeforeAnythingIsSent() throws IOException {
    try (RawServer server = RawServer.replying(reply(200, "text/plain", "read"))) {
      WebClient client =
          WebClient.builder()
              .baseUrl(server.uri("").toString())
              .filter(signing(server.uri("")).maxBodyBytes(1_000).build())
              .build();
      StepVerifier.create(
              client
                  .post()
                  .uri("/?Action=ListThings")
                  .contentType(MediaType.TEXT_PLAIN)
                  .body(Flux.just("twenty characters ..").repeat(), String.class)
                  .retrieve()
                  .bodyToMono(String.class))
          .expectErrorSatisfies(
              failure ->
                  assertThat(failure)
                      .isInstanceOf(WebClientRequestException.class)
                      .hasMessageContaining("request body must have at most 1000 bytes")
                      .hasMessageContaining("maxBodyBytes"))
          .verify(PATIENCE);
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  void otherAddress_failsUnsigned() throws IOException {
    try (RawServer other = RawServer.replying(reply(200, "text/plain", "hello"))) {
      WebClient client = client(retrying().build(), signing(simulator.endpoint()).build());
      StepVerifier.create(get(client, other.uri("/?Action=ListThings").toString()))
          .expectErrorSatisfies(
              failure ->
                  assertThat(failure)
                      .isInstanceOf(IllegalArgumentException.class)
                      .hasMessageContaining(simulator.endpoint().toString()))
          .verify(PATIENCE);
      assertThat(other.requests()).isEmpty();
    }
  }

  @Test
  @Tag("guarantee:no-redirect")
  void redirect_failsWithoutForwardingTheSignature() throws IOException {
    try (RawServer elsewhere = RawServer.replying(reply(200, "text/plain", "caught"));
        RawServer server =
            RawServer.replying(
                "HTTP/1.1 302 Found\r\nLocation: "
                    + elsewhere.uri("/")
                    + "\r\nContent-Length: 0\r\n\r\n")) {
      WebClient client =
          WebClient.builder()
              .clientConnector(
                  new ReactorClientHttpConnector(HttpClient.create().followRedirect(true)))
              .filter(signing(server.uri("")).build())
              .build();
      StepVerifier.create(get(client, server.uri(DESCRIBE).toString()))
          .expectErrorSatisfies(
              failure -> assertThat(failure).hasMessageContaining("a second time"))
          .verify(PATIENCE);
      assertThat(elsewhere.requests()).isEmpty();
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void retryableCodeIsRetried() {
    simulator.failNext("DescribeInstances", GatewayErrors.FLOW_LIMIT_EXCEEDED, 1);
    simulator.failNext("DescribeInstances", EcsErrors.INTERNAL_ERROR, 1);
    RateLimiter limiter = RateLimiter.tokenBucket(1_000, 100);
    WebClient client =
        client(retrying().limiter(limiter).build(), signing(simulator.endpoint()).build());

    StepVerifier.create(get(client, DESCRIBE))
        .assertNext(body -> assertThat(body).contains("i-sim0000000001"))
        .expectComplete()
        .verify(PATIENCE);
    assertThat(simulator.calls()).isEqualTo(3);
    assertThat(limiter.throttledCount()).isEqualTo(1);
  }

  @Test
  void callerGetsLastReplyWhole() {
    simulator.failAlways("StopInstance", EcsErrors.INVALID_INSTANCE_NOT_FOUND);
    WebClient client = client(retrying().build(), signing(simulator.endpoint()).build());

    StepVerifier.create(
            client
                .get()
                .uri(STOP)
                .exchangeToMono(
                    reply ->
                        reply
                            .bodyToMono(String.class)
                            .map(body -> reply.statusCode().value() + " " + body)))
        .assertNext(
            text ->
                assertThat(text)
                    .startsWith("404 {")
                    .contains("InvalidInstance.NotFound")
                    .endsWith("}"))
        .expectComplete()
        .verify(PATIENCE);
    assertThat(simulator.calls()).isEqualTo(1);
  }

  @Test
  void lostReply_onlyReadsAndTokenRequestsAreRetried() {
    simulator.faultAlways("StopInstance", Fault.LOST_REPLY);
    WebClient client = client(retrying().build(), signing(simulator.endpoint()).build());

    StepVerifier.create(get(client, STOP))
        .expectErrorSatisfies(
            failure -> {
              EcsException error = (EcsException) failure;
              assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
              assertThat(error.history()).hasSize(1);
            })
        .verify(PATIENCE);
    StepVerifier.create(get(client, STOP + "&ClientToken=once"))
        .expectErrorSatisfies(
            failure -> {
              EcsException error = (EcsException) failure;
              assertThat(error.exhaustedLimit()).isEqualTo(Limit.ATTEMPTS);
              assertThat(error.history()).hasSize(4);
            })
        .verify(PATIENCE);
    simulator.clearFaults("StopInstance");
    simulator.faultNext("DescribeInstances", Fault.LOST_REPLY, 1);
    StepVerifier.create(get(client, DESCRIBE)).expectNextCount(1).expectComplete().verify(PATIENCE);
  }

  @Test
  void repeatablePredicateIsUsed() {
    simulator.faultNext("DescribeInstances", Fault.LOST_REPLY, 1);
    WebClient client =
        client(
            retrying().repeatable(request -> false).build(), signing(simulator.endpoint()).build());
    StepVerifier.create(get(client, DESCRIBE)).expectError(EcsException.class).verify(PATIENCE);
  }

  @Test
  void connectionRefused_notSentAndRetried() throws IOException {
    URI unused;
    try (RawServer server = RawServer.replying("")) {
      unused = server.uri("");
    }
    WebClient client =
        WebClient.builder().baseUrl(unused.toString()).filter(retrying().build()).build();
    StepVerifier.create(get(client, STOP))
        .expectErrorSatisfies(
            failure -> {
              EcsException error = (EcsException) failure;
              assertThat(error.delivery()).isEqualTo(Delivery.NOT_SENT);
              assertThat(error.history()).hasSize(4);
              assertThat(error.getCause()).isInstanceOf(WebClientRequestException.class);
            })
        .verify(PATIENCE);
  }

  @Test
  void eachAttemptSendsTheSameBody() throws IOException {
    AtomicInteger count = new AtomicInteger();
    AtomicInteger written = new AtomicInteger();
    try (RawServer server =
        RawServer.start(
            exchange ->
                exchange.write(
                    count.incrementAndGet() == 1
                        ? reply(503, "text/html", "down")
                        : reply(200, "text/plain", "done")))) {
      WebClient client =
          WebClient.builder()
              .baseUrl(server.uri("").toString())
              .filter(retrying().build())
              .filter(signing(server.uri("")).build())
              .build();
      Flux<String> once =
          Flux.defer(
              () ->
                  written.incrementAndGet() == 1
                      ? Flux.just("some ", "body")
                      : Flux.error(new IllegalStateException("written twice")));
      StepVerifier.create(
              client
                  .post()
                  .uri("/?Action=StartThing&ClientToken=once")
                  .contentType(MediaType.TEXT_PLAIN)
                  .body(once, String.class)
                  .retrieve()
                  .bodyToMono(String.class))
          .expectNext("done")
          .expectComplete()
          .verify(PATIENCE);
      assertThat(server.requests())
          .hasSize(2)
          .allSatisfy(
              request -> {
                assertThat(request).endsWith("\r\n\r\nsome body");
                assertThat(header(request, "Content-Type")).startsWith("text/plain");
              });
    }
  }

  @Test
  void bodyAboveMaxBodyBytes_failsUnsent() throws IOException {
    try (RawServer server = RawServer.replying(reply(200, "text/plain", "read"))) {
      WebClient client =
          WebClient.builder()
              .baseUrl(server.uri("").toString())
              .filter(retrying().maxBodyBytes(3).build())
              .build();
      StepVerifier.create(
              client.post().uri("/").bodyValue("four").retrieve().bodyToMono(String.class))
          .expectErrorSatisfies(
              failure -> assertThat(failure).hasMessageContaining("at most 3 bytes"))
          .verify(PATIENCE);
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  void replyAboveMaxPeekBytes_isDeliveredWhole() throws IOException {
    String large = "{\"Result\":\"" + "x".repeat(200_000) + "\"}";
    try (RawServer server = RawServer.replying(reply(200, "application/json", large));
        RawServer failing = RawServer.replying(reply(400, "text/plain", large))) {
      WebClient client = WebClient.builder().filter(retrying().maxPeekBytes(1_000).build()).build();
      StepVerifier.create(get(client, server.uri("/").toString()))
          .expectNext(large)
          .expectComplete()
          .verify(PATIENCE);
      StepVerifier.create(
              client
                  .get()
                  .uri(failing.uri("/"))
                  .exchangeToMono(reply -> reply.bodyToMono(String.class)))
          .expectNext(large)
          .expectComplete()
          .verify(PATIENCE);
    }
  }

  @Test
  void errorCodeInStatus200_isRetried() throws IOException {
    AtomicInteger count = new AtomicInteger();
    try (RawServer server =
        RawServer.start(
            exchange ->
                exchange.write(
                    reply(
                        200,
                        "application/json; charset=utf-8",
                        count.incrementAndGet() == 1
                            ? "{\"ResponseMetadata\":{\"Error\":{\"Code\":\"FlowLimitExceeded\"}}}"
                            : "{}")))) {
      WebClient client = WebClient.builder().filter(retrying().build()).build();
      StepVerifier.create(get(client, server.uri(DESCRIBE).toString()))
          .expectNext("{}")
          .expectComplete()
          .verify(PATIENCE);
    }
  }

  @Test
  void clockSkew_isCorrectedOnRetry() {
    InstantSource slow = InstantSource.offset(InstantSource.system(), Duration.ofHours(-1));
    WebClient client =
        client(retrying().build(), signing(simulator.endpoint()).clock(slow).build());
    StepVerifier.create(get(client, DESCRIBE)).expectNextCount(1).expectComplete().verify(PATIENCE);
    StepVerifier.create(get(client, DESCRIBE)).expectNextCount(1).expectComplete().verify(PATIENCE);
    assertThat(simulator.calls()).isEqualTo(3);
  }

  @Test
  void hungService_attemptTimesOutAndDeadlineEndsTheCall() {
    simulator.faultAlways("DescribeInstances", Fault.HUNG);
    RetryFilter retry =
        RetryFilter.builder()
            .policy(
                policy()
                    .attemptTimeout(Duration.ofMillis(200))
                    .deadline(Duration.ofMillis(500))
                    .build())
            .build();
    StepVerifier.create(get(client(retry, signing(simulator.endpoint()).build()), DESCRIBE))
        .expectErrorSatisfies(
            failure -> {
              EcsException error = (EcsException) failure;
              assertThat(error.exhaustedLimit()).isEqualTo(Limit.DEADLINE);
              assertThat(error.history().get(0).errorCode().code())
                  .isEqualTo("Client.AttemptTimeout");
            })
        .verify(PATIENCE);
  }

  @Test
  void noCredentials_failsBeforeConnecting() {
    SigningFilter signing =
        SigningFilter.builder(
                simulator.endpoint(),
                RequestSigner.of("cn-beijing", "ecs"),
                () -> Mono.error(new IllegalStateException("none here")))
            .build();
    StepVerifier.create(get(client(retrying().build(), signing), DESCRIBE))
        .expectErrorSatisfies(
            failure ->
                assertThat(((EcsException) failure).errorCode().code())
                    .isEqualTo("Client.CredentialsUnavailable"))
        .verify(PATIENCE);
    assertThat(simulator.calls()).isZero();
  }
}
