package io.fleetstop;

import static io.fleetstop.ScriptedExchange.accepted;
import static io.fleetstop.ScriptedExchange.error;
import static io.fleetstop.ScriptedExchange.lost;
import static io.fleetstop.ScriptedExchange.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCatalogue;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.ErrorCode.Scope;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.StopInstance;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.retry.Backoff;
import io.fleetstop.retry.RetryBudget;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.HttpExchange.Request;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

class EcsClientTest {

  static final StopInstance STOP = StopInstance.of("i-1");
  private static final Credentials KEYS = Credentials.of("AKLTexample1", "secret-key-1");

  static EcsClientBuilder client(ScriptedExchange exchange) {
    return EcsClient.builder()
        .region("cn-beijing")
        .credentials(CredentialsProvider.fixed(KEYS))
        .rateLimiter(RateLimiter.unlimited())
        .retryPolicy(quick())
        .transport(exchange);
  }

  private static RetryPolicy quick() {
    return waiting(Backoff.none());
  }

  /** Retries nothing that has a delay: the delay would end after the deadline. */
  static RetryPolicy unrepeating() {
    return waiting((retry, random) -> Duration.ofHours(1));
  }

  private static RetryPolicy waiting(Backoff backoff) {
    return RetryPolicy.builder()
        .backoff(Category.SERVER, backoff)
        .backoff(Category.NETWORK, backoff)
        .backoff(Category.THROTTLED, backoff)
        .backoff(Category.IN_PROGRESS, backoff)
        .backoff(Category.BUSY, backoff)
        .backoff(Category.CAPACITY, backoff)
        .build();
  }

  static EcsException failure(Mono<?> call) {
    List<Throwable> failures = new ArrayList<>();
    StepVerifier.create(call).expectErrorSatisfies(failures::add).verify(Duration.ofSeconds(10));
    return (EcsException) failures.get(0);
  }

  @Test
  void stopInstance_sendsTheDocumentedRequest() {
    ScriptedExchange exchange = ScriptedExchange.answering(error(412, "DryRunOperation"));
    StopInstance request =
        StopInstance.builder("i-1")
            .forceStop(true)
            .stoppedMode(StoppedMode.STOP_CHARGING)
            .clientToken("a b/c+")
            .dryRun(true)
            .build();
    StepVerifier.create(client(exchange).build().stopInstance(request))
        .expectNext(new StopInstance.Result("2025-r2", 1))
        .verifyComplete();
    Request sent = exchange.sent().get(0);
    assertThat(sent.method()).isEqualTo("GET");
    assertThat(sent.uri().toString())
        .isEqualTo(
            "https://open.volcengineapi.com/?Action=StopInstance&ClientToken=a%20b%2Fc%2B"
                + "&DryRun=true&ForceStop=true&InstanceId=i-1&StoppedMode=StopCharging"
                + "&Version=2020-04-01");
    assertThat(sent.headers().get("Authorization"))
        .startsWith("HMAC-SHA256 Credential=AKLTexample1/")
        .contains("/cn-beijing/ecs/request, SignedHeaders=host;x-date, Signature=");
  }

  @Tag("guarantee:one-token")
  @Test
  void attemptsOfOneCall_shareOneToken() {
    ScriptedExchange exchange =
        ScriptedExchange.answering(lost(), error(500, "InternalError"), accepted());
    Mono<StopInstance.Result> call = client(exchange).build().stopInstance(STOP);
    StepVerifier.create(call).expectNext(new StopInstance.Result("2025-r1", 3)).verifyComplete();
    StepVerifier.create(call).expectNextCount(1).verifyComplete();
    String token = exchange.parameter(1, "ClientToken");
    assertThat(token).isNotNull().hasSizeLessThanOrEqualTo(64);
    assertThat(exchange.parameter(2, "ClientToken")).isEqualTo(token);
    assertThat(exchange.parameter(3, "ClientToken")).isEqualTo(token);
    assertThat(exchange.parameter(4, "ClientToken")).isNotNull().isNotEqualTo(token);
    assertThat(exchange.parameter(1, "StoppedMode")).isEqualTo("KeepCharging");
  }

  static List<ErrorCode> serviceCodes() {
    return ErrorCatalogue.entries().stream().filter(code -> code.scope() != Scope.CLIENT).toList();
  }

  @ParameterizedTest
  @MethodSource("serviceCodes")
  void everyDocumentedCode_reachesTheCaller(ErrorCode code) {
    String codeN = code.codeN() == null ? "" : ",\"CodeN\":" + code.codeN();
    String body =
        "{\"ResponseMetadata\":{\"RequestId\":\"r\",\"Error\":{\"Code\":\""
            + code.code()
            + "\",\"Message\":\"m\""
            + codeN
            + "}}}";
    for (int status : new int[] {200, code.httpStatus(), 418}) {
      ScriptedExchange exchange = ScriptedExchange.answering(reply(status, body));
      EcsException error =
          failure(client(exchange).retryPolicy(unrepeating()).build().stopInstance(STOP));
      assertThat(error.errorCode().code()).isEqualTo(code.code());
      assertThat(error.category()).isEqualTo(code.category());
      assertThat(error.httpStatus()).isEqualTo(status);
      assertThat(error.requestId()).isEqualTo("r");
      assertThat(error.action()).isEqualTo("StopInstance");
      assertThat(error.detail()).isEqualTo("m");
    }
  }

  @Test
  void passedDryRun_isASuccess() {
    StopInstance dryRun = StopInstance.builder("i-1").dryRun(true).build();
    ScriptedExchange exchange = ScriptedExchange.answering(error(412, "DryRunOperation"));
    StepVerifier.create(client(exchange).build().stopInstance(dryRun))
        .expectNext(new StopInstance.Result("2025-r2", 1))
        .verifyComplete();
    assertThat(failure(client(exchange).build().stopInstance(STOP)).category())
        .isEqualTo(Category.DRY_RUN_OK);
  }

  @Test
  void plainReplyToADryRun_mayHaveTakenEffect() {
    StopInstance dryRun = StopInstance.builder("i-1").dryRun(true).build();
    ScriptedExchange exchange = ScriptedExchange.answering(accepted());
    EcsException error = failure(client(exchange).build().stopInstance(dryRun));
    assertThat(error.errorCode()).isEqualTo(ClientErrors.UNEXPECTED_SUCCESS);
    assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
    assertThat(error.action()).isEqualTo("StopInstance");
    assertThat(error.httpStatus()).isEqualTo(200);
    assertThat(error.requestId()).isNotNull();
    // A request that may have taken effect is not repeated.
    assertThat(exchange.sent()).hasSize(1);
  }

  @Test
  void dryRunReplyWithoutRequestId_isRetried() {
    StopInstance dryRun = StopInstance.builder("i-1").dryRun(true).build();
    ScriptedExchange exchange =
        ScriptedExchange.answering(reply(200, "{}"), error(412, "DryRunOperation"));
    StepVerifier.create(client(exchange).build().stopInstance(dryRun))
        .expectNextMatches(result -> result.attempts() == 2)
        .verifyComplete();
  }

  @Tag("guarantee:delivery")
  @Test
  void unknownDelivery_staysUnknown() {
    ScriptedExchange exchange =
        ScriptedExchange.answering(lost(), error(400, "InvalidInstanceStatus"));
    EcsException error = failure(client(exchange).build().stopInstance(STOP));
    assertThat(error.category()).isEqualTo(Category.STATE);
    assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
    assertThat(error.history()).hasSize(2);
    assertThat(error.history().get(1).delivery()).isEqualTo(Delivery.REJECTED);
  }

  @Tag("guarantee:no-blind-retry")
  @Test
  void changeWithoutToken_isNotRepeatedBlindly() {
    ScriptedExchange exchange = ScriptedExchange.answering(lost());
    assertThat(failure(client(exchange).build().call(new Reboot())).delivery())
        .isEqualTo(Delivery.UNKNOWN);
    assertThat(exchange.sent()).hasSize(1);
  }

  private record Reboot() implements EcsAction<String> {
    @Override
    public String action() {
      return "RebootInstance";
    }

    @Override
    public Map<String, String> parameters() {
      return Map.of("InstanceId", "i-1");
    }

    @Override
    public Idempotency idempotency() {
      return Idempotency.NONE;
    }

    @Override
    public String decode(Reply reply) {
      return reply.requestId();
    }
  }

  @Test
  void clockSixHoursOff_isCorrectedForLaterCalls() {
    Instant server = Instant.parse("2025-06-01T12:00:00Z");
    InstantSource wrong = InstantSource.fixed(server.plus(Duration.ofHours(6)));
    ScriptedExchange exchange =
        ScriptedExchange.answering(
            reply(
                400,
                Map.of("date", "Sun, 1 Jun 2025 12:00:00 GMT"),
                ScriptedExchange.errorBody("InvalidTimestamp")),
            accepted());
    EcsClient client = client(exchange).clock(wrong).build();
    StepVerifier.create(client.stopInstance(STOP)).expectNextCount(1).verifyComplete();
    StepVerifier.create(client.stopInstance(STOP)).expectNextCount(1).verifyComplete();
    assertThat(exchange.sent())
        .extracting(request -> request.headers().get("X-Date"))
        .containsExactly("20250601T180000Z", "20250601T120000Z", "20250601T120000Z");
  }

  @Test
  void uncorrectableClock_failsAfterOneRetry() {
    ScriptedExchange exchange = ScriptedExchange.answering(error(400, "InvalidTimestamp"));
    assertThat(failure(client(exchange).build().stopInstance(STOP)).category())
        .isEqualTo(Category.CLOCK);
    assertThat(exchange.sent()).hasSize(2);
  }

  @Test
  void staleSessionToken_isRefreshedOnce() {
    List<String> invalidated = new ArrayList<>();
    AtomicInteger resolved = new AtomicInteger();
    CredentialsProvider provider =
        new CredentialsProvider() {
          @Override
          public Mono<Credentials> resolve() {
            return Mono.fromSupplier(
                () ->
                    Credentials.of("AKTPexample", "secret", "token" + resolved.incrementAndGet()));
          }

          @Override
          public void invalidate(Credentials rejected) {
            invalidated.add(rejected.sessionToken());
          }
        };
    ScriptedExchange exchange =
        ScriptedExchange.answering(error(401, "InvalidSecretToken"), accepted());
    StepVerifier.create(client(exchange).credentials(provider).build().stopInstance(STOP))
        .expectNextCount(1)
        .verifyComplete();
    assertThat(invalidated).containsExactly("token1");
    assertThat(exchange.sent())
        .extracting(request -> request.headers().get("X-Security-Token"))
        .containsExactly("token1", "token2");
  }

  @Test
  void exceptionsOfUserCode_becomeEcsExceptions() {
    EcsException ofCredentials =
        failure(
            client(ScriptedExchange.answering(accepted()))
                .credentials(
                    () -> {
                      throw new IllegalStateException("a bug");
                    })
                .build()
                .stopInstance(STOP));
    assertThat(ofCredentials.category()).isEqualTo(Category.AUTH);
    assertThat(ofCredentials.delivery()).isEqualTo(Delivery.NOT_SENT);
    EcsException ofTransport =
        failure(
            EcsClient.builder()
                .region("cn-beijing")
                .credentials(CredentialsProvider.fixed(KEYS))
                .rateLimiter(RateLimiter.unlimited())
                .retryPolicy(quick())
                .transport(
                    (request, maySend) -> {
                      throw new IllegalStateException("a bug");
                    })
                .build()
                .stopInstance(STOP));
    assertThat(ofTransport.category()).isEqualTo(Category.NETWORK);
    assertThat(ofTransport.delivery()).isEqualTo(Delivery.NOT_SENT);
  }

  @Test
  void everyCallInFlightIsLost_eachIsRetriedOnce() {
    int calls = 200;
    Sinks.Empty<HttpExchange.Response> gatewayDies = Sinks.empty();
    ScriptedExchange exchange =
        ScriptedExchange.of(
            number -> number <= calls ? gatewayDies.asMono().then(lost()) : accepted());
    EcsClient client = client(exchange).maxInFlight(calls).build();
    StepVerifier.create(Flux.range(0, calls).flatMap(i -> client.stopInstance(STOP), calls))
        .then(gatewayDies::tryEmitEmpty)
        .expectNextCount(calls)
        .expectComplete()
        .verify(Duration.ofSeconds(30));
  }

  @Test
  void cancelledCall_returnsNothingToTheBudget() {
    RetryBudget budget = RetryBudget.ofRetries(3);
    ScriptedExchange exchange =
        ScriptedExchange.of(number -> number % 2 == 1 ? lost() : Mono.never());
    EcsClient client = client(exchange).retryBudget(budget).build();
    for (int i = 0; i < 3; i++) {
      client.stopInstance(STOP).subscribe().dispose();
    }
    assertThat(exchange.sent()).hasSize(6);
    assertThat(budget.remainingRetries()).isZero();
  }

  @Test
  void failedCredentials_sendNothing() {
    ScriptedExchange exchange = ScriptedExchange.answering(accepted());
    for (CredentialsProvider provider :
        List.<CredentialsProvider>of(
            Mono::empty, () -> Mono.error(new IllegalStateException("secret-key-1")))) {
      EcsException error =
          failure(client(exchange).credentials(provider).build().stopInstance(STOP));
      assertThat(error.category()).isEqualTo(Category.AUTH);
      assertThat(error.delivery()).isEqualTo(Delivery.NOT_SENT);
      assertThat(error.getMessage()).doesNotContain("secret-key-1");
    }
    assertThat(exchange.sent()).isEmpty();
  }

  @Test
  void invalidOptions_areRejectedAtBuild() {
    EcsClientBuilder builder = EcsClient.builder();
    assertThatThrownBy(builder::build).hasMessage("region must be set, such as cn-beijing");
    assertThatThrownBy(() -> builder.region("CN Beijing"))
        .hasMessageContaining("region must be lower-case")
        .hasMessageContaining("\"CN Beijing\"");
    assertThatThrownBy(() -> builder.endpoint(URI.create("ftp://host")))
        .hasMessageContaining("endpoint must be http(s)://host");
    assertThatThrownBy(() -> builder.endpoint(URI.create("https://user:pw@host")))
        .hasMessageContaining("endpoint must have neither user")
        .hasMessageNotContaining("pw");
  }
}
