package io.fleetstop.simulator;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Calls a simulator with requests signed by {@link TestSigner}, and repeats none of them. */
final class TestClient {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  record Reply(int status, HttpHeaders headers, String text) {

    JsonNode json() {
      return JSON.readTree(text);
    }

    JsonNode metadata() {
      return json().path("ResponseMetadata");
    }

    JsonNode result() {
      return json().path("Result");
    }

    String code() {
      return metadata().path("Error").path("Code").asString("");
    }

    int codeN() {
      return metadata().path("Error").path("CodeN").asInt(-1);
    }

    String message() {
      return metadata().path("Error").path("Message").asString("");
    }
  }

  final EcsSimulator simulator;
  String accessKeyId;
  String secret;
  String region = "cn-beijing";
  String service = "ecs";
  String version = "2020-04-01";
  String path = "/";
  String date =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'")
          .withZone(ZoneOffset.UTC)
          .format(Instant.now());
  @Nullable String token;
  @Nullable String acceptEncoding;
  HttpMethod method = HttpMethod.GET;
  private final HttpClient http;

  TestClient(EcsSimulator simulator) {
    this.simulator = simulator;
    this.accessKeyId = simulator.accessKeyId();
    this.secret = simulator.secretAccessKey();
    this.http = HttpClient.create(ConnectionProvider.newConnection()).disableRetry(true);
  }

  Reply stop(String id, String... more) {
    return block(call("StopInstance", with(id, more)));
  }

  Reply start(String id, String... more) {
    return block(call("StartInstance", with(id, more)));
  }

  Reply describe(String... parameters) {
    return block(call("DescribeInstances", parameters));
  }

  Mono<Reply> call(String action, String... parameters) {
    Map<String, String> query = new LinkedHashMap<>();
    query.put("Action", action);
    query.put("Version", version);
    for (int i = 0; i < parameters.length; i += 2) {
      query.put(parameters[i], parameters[i + 1]);
    }
    return send(TestSigner.query(query));
  }

  Mono<Reply> send(String query) {
    String host = "127.0.0.1:" + simulator.port();
    String canonical =
        String.join(
            "\n",
            method.name(),
            path,
            query,
            "host:" + host,
            "x-date:" + date,
            "",
            "host;x-date",
            TestSigner.EMPTY_HASH);
    String signature = TestSigner.signature(secret, date, region, service, canonical);
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("X-Date", date);
    headers.put(
        "Authorization",
        TestSigner.authorization(accessKeyId, date, region, service, "host;x-date", signature));
    if (token != null) {
      headers.put("X-Security-Token", token);
    }
    if (acceptEncoding != null) {
      headers.put("Accept-Encoding", acceptEncoding);
    }
    return raw(path + "?" + query, headers);
  }

  Mono<Reply> raw(String target, Map<String, String> headers) {
    return http.headers(all -> headers.forEach(all::set))
        .request(method)
        .uri("http://127.0.0.1:" + simulator.port() + target)
        .responseSingle(
            (response, body) ->
                body.asString(StandardCharsets.UTF_8)
                    .defaultIfEmpty("")
                    .map(
                        text ->
                            new Reply(response.status().code(), response.responseHeaders(), text)));
  }

  static Reply block(Mono<Reply> reply) {
    return Objects.requireNonNull(reply.block(PATIENCE));
  }

  private static String[] with(String id, String... more) {
    String[] all = new String[more.length + 2];
    all[0] = "InstanceId";
    all[1] = id;
    System.arraycopy(more, 0, all, 2, more.length);
    return all;
  }
}
