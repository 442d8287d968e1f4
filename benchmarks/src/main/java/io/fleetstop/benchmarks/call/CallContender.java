package io.fleetstop.benchmarks.call;

import com.volcengine.ApiClient;
import com.volcengine.UniversalApi;
import com.volcengine.UniversalRequest;
import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.sign.CanonicalQuery;
import io.fleetstop.sign.RequestSigner;
import io.fleetstop.spring.SigningFilter;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.NettyTransport;
import io.fleetstop.transport.TransportOptions;
import java.net.URI;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.ec2.Ec2AsyncClient;

/** The clients that make the stop call. Each may have {@link #MOST} connections. */
enum CallContender {
  /** Reactor Netty alone: the request is signed beforehand, the body gathered and not read. */
  FLOOR("floor") {
    @Override
    Load load(URI json, URI xml) {
      Request signed = signed(json);
      HttpClient client =
          HttpClient.create(ConnectionProvider.create("floor", MOST))
              .headers(
                  headers -> {
                    signed.headers().forEach(headers::set);
                    headers.set("User-Agent", "fleetstop/0.1.0-SNAPSHOT (Java 17)");
                    headers.set("Accept", "application/json");
                    headers.set("Accept-Encoding", "gzip");
                  });
      String uri = signed.uri().toString();
      return Load.of(
          client.get().uri(uri).responseSingle((reply, content) -> content.asByteArray()));
    }
  },
  /** fleetstop's transport alone, with a request signed beforehand. */
  TRANSPORT("transport") {
    @Override
    Load load(URI json, URI xml) {
      Request signed = signed(json);
      NettyTransport transport =
          NettyTransport.create(TransportOptions.builder().maxConnections(MOST).build());
      return Load.of(transport.exchange(signed, () -> true));
    }
  },
  /** fleetstop's client with its defaults, but without a rate limit. */
  OURS("ours") {
    @Override
    Load load(URI json, URI xml) {
      EcsClient client = client(json);
      return Load.of(Mono.defer(() -> client.stopInstance(StopInstance.of(INSTANCE))));
    }
  },
  /** The same calls as one fleet that does not wait for STOPPED. */
  FLEET("fleet") {
    @Override
    Load load(URI json, URI xml) {
      EcsClient client = client(json);
      return (inFlight, endNanos, latencies) ->
          FleetShutdown.create(
                  client,
                  ShutdownOptions.builder()
                      .protectTag("")
                      .awaitStopped(false)
                      .maxInFlight(inFlight)
                      .build())
              .stop(
                  Flux.range(0, Integer.MAX_VALUE)
                      .takeWhile(number -> System.nanoTime() < endNanos)
                      .map(number -> InstanceId.of("i-" + number + "example")))
              .doOnNext(
                  outcome -> {
                    if (!outcome.isSuccess()) {
                      throw new IllegalStateException("a call failed: " + outcome);
                    }
                    latencies.add(outcome.stats().elapsed().toNanos());
                  })
              .then()
              .block(Load.PATIENCE.plusNanos(endNanos - System.nanoTime()));
    }
  },
  /** Spring's WebClient with fleetstop's signing filter only, on Reactor Netty. */
  WEB_CLIENT("webclient") {
    @Override
    Load load(URI json, URI xml) {
      HttpClient http = HttpClient.create(ConnectionProvider.create("webclient", MOST));
      WebClient client =
          WebClient.builder()
              .clientConnector(new ReactorClientHttpConnector(http.disableRetry(true)))
              .filter(
                  SigningFilter.builder(
                          json,
                          RequestSigner.of(REGION, "ecs"),
                          CredentialsProvider.fixed(Credentials.of(KEY_ID, SECRET)))
                      .build())
              .build();
      URI uri = signed(json).uri();
      return Load.of(Mono.defer(() -> client.get().uri(uri).retrieve().bodyToMono(byte[].class)));
    }
  },
  /** Volcengine's own SDK, on as many threads as there are calls in flight. */
  OFFICIAL("official") {
    @Override
    Load load(URI json, URI xml) {
      ApiClient client =
          new ApiClient()
              .setCredentials(com.volcengine.sign.Credentials.getCredentials(KEY_ID, SECRET))
              .setRegion(REGION)
              .setEndpoint(json.getAuthority())
              .setDisableSSL(true)
              // The default of five would open a connection for every further call.
              .setMaxIdleConns(MOST);
      UniversalApi api = new UniversalApi(client);
      return Load.ofBlocking(
          () ->
              api.doCall(
                  new UniversalRequest("ecs", "StopInstance", "2020-04-01"),
                  Map.of(
                      "InstanceId",
                      INSTANCE,
                      "StoppedMode",
                      "KeepCharging",
                      "ForceStop",
                      false,
                      "ClientToken",
                      UUID.randomUUID().toString())));
    }
  },
  /** The AWS SDK's asynchronous client, with its own action and its own signature. */
  AWS("aws") {
    @Override
    Load load(URI json, URI xml) {
      Ec2AsyncClient client =
          Ec2AsyncClient.builder()
              .region(Region.US_EAST_1)
              .endpointOverride(xml)
              .credentialsProvider(
                  StaticCredentialsProvider.create(AwsBasicCredentials.create(KEY_ID, SECRET)))
              .httpClientBuilder(
                  NettyNioAsyncHttpClient.builder()
                      .maxConcurrency(MOST)
                      .maxPendingConnectionAcquires(MOST))
              .build();
      return Load.of(
          Mono.defer(
              () ->
                  Mono.fromFuture(client.stopInstances(request -> request.instanceIds(INSTANCE)))));
    }
  };

  /** The greatest number of calls in flight. */
  static final int MOST = 512;

  private static final String REGION = "cn-beijing";
  private static final String KEY_ID = "AKLTbenchmarksample";
  private static final String SECRET = "YmVuY2htYXJrLW9ubHktbm90LWEtc2VjcmV0";
  private static final String INSTANCE = "i-3tiefmkskq3vj0example";

  private final String label;

  CallContender(String label) {
    this.label = label;
  }

  /** The name in the table. */
  String label() {
    return label;
  }

  /**
   * Returns the load.
   *
   * @param json where ECS's answer is given
   * @param xml where EC2's answer is given
   */
  abstract Load load(URI json, URI xml);

  static CallContender of(String label) {
    for (CallContender contender : values()) {
      if (contender.label.equals(label)) {
        return contender;
      }
    }
    throw new IllegalArgumentException("there is no contender " + label);
  }

  private static EcsClient client(URI endpoint) {
    return EcsClient.builder()
        .region(REGION)
        .endpoint(endpoint)
        .credentials(CredentialsProvider.fixed(Credentials.of(KEY_ID, SECRET)))
        .rateLimiter(RateLimiter.unlimited())
        .maxInFlight(MOST)
        .build();
  }

  private static Request signed(URI endpoint) {
    String query =
        CanonicalQuery.of(
            Map.of(
                "Action", "StopInstance",
                "Version", "2020-04-01",
                "InstanceId", INSTANCE,
                "ForceStop", "false",
                "StoppedMode", "KeepCharging",
                "ClientToken", "6f8d0c0e-4f0c-4f57-9a9e-0d6c2b1f7a35-1a2b"));
    return RequestSigner.of(REGION, "ecs")
        .sign(
            Request.get(URI.create(endpoint + "/?" + query)),
            Credentials.of(KEY_ID, SECRET),
            Instant.now());
  }
}
