package io.fleetstop.sample;

import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.client.ReactorResourceFactory;

/** The sample application on an ephemeral port. */
final class RunningSample implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final HttpClient http = HttpClient.newHttpClient();
  private final ConfigurableApplicationContext context;

  private RunningSample(ConfigurableApplicationContext context) {
    this.context = context;
  }

  /** Starts the sample with the journals in {@code runs}. */
  static RunningSample start(EcsSimulator service, Path runs, String... arguments) {
    String[] all =
        Stream.concat(
                Stream.of(
                    "--spring.main.banner-mode=off",
                    "--fleetstop.shutdown.poll-interval=50ms",
                    "--fleetstop.close-timeout=5s",
                    "--sample.runs-directory=" + runs),
                Stream.of(arguments))
            .toArray(String[]::new);
    return new RunningSample(
        new SpringApplicationBuilder(SampleApplication.class)
            .properties(SimulatedSample.properties(service))
            .properties("server.port=0")
            .initializers(RunningSample::withOwnEventLoops)
            .run(all));
  }

  /** Keeps a context from disposing the global event loops, which the simulator uses. */
  private static void withOwnEventLoops(ConfigurableApplicationContext context) {
    ((GenericApplicationContext) context)
        .registerBean(
            ReactorResourceFactory.class,
            () -> {
              ReactorResourceFactory resources = new ReactorResourceFactory();
              resources.setUseGlobalResources(false);
              resources.setShutdownQuietPeriod(Duration.ZERO);
              return resources;
            });
  }

  FleetRuns runs() {
    return context.getBean(FleetRuns.class);
  }

  int port() {
    return Objects.requireNonNull(
        context.getEnvironment().getProperty("local.server.port", Integer.class));
  }

  URI address(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  HttpResponse<String> send(String method, String path, String body)
      throws IOException, InterruptedException {
    return http.send(request(method, path, body), BodyHandlers.ofString());
  }

  /** Returns the response's lines as they arrive. */
  HttpResponse<Stream<String>> stream(String method, String path, String body)
      throws IOException, InterruptedException {
    return http.send(request(method, path, body), BodyHandlers.ofLines());
  }

  private HttpRequest request(String method, String path, String body) {
    return HttpRequest.newBuilder(address(path))
        .timeout(PATIENCE)
        .header("Content-Type", "application/json")
        .header(RequestGuard.HEADER, "test")
        .method(method, BodyPublishers.ofString(body))
        .build();
  }

  static String json(List<String> ids) {
    return "[\"" + String.join("\",\"", ids) + "\"]";
  }

  /** Stops the application as SIGTERM does. */
  @Override
  public void close() {
    context.close();
  }
}
