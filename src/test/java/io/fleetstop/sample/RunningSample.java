package io.fleetstop.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.blockhound.BlockingCalls;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.client.ReactorResourceFactory;
import tools.jackson.databind.json.JsonMapper;

/** The sample application on an ephemeral port, with a simulated service. */
final class RunningSample implements AutoCloseable {

  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final List<String> ARGUMENTS =
      List.of(
          "--server.port=0",
          "--spring.main.banner-mode=off",
          "--fleetstop.shutdown.poll-interval=50ms");

  private final HttpClient http = HttpClient.newHttpClient();
  private final EcsSimulator service;
  private final ConfigurableApplicationContext context;

  private RunningSample(EcsSimulator service, ConfigurableApplicationContext context) {
    this.service = service;
    this.context = context;
  }

  static RunningSample start(EcsSimulatorBuilder service, String... arguments) {
    return start(service, context -> {}, arguments);
  }

  /** Starts the sample with additional beans. */
  static RunningSample start(
      EcsSimulatorBuilder service,
      ApplicationContextInitializer<GenericApplicationContext> beans,
      String... arguments) {
    BlockingCalls.take();
    ApplicationContextInitializer<GenericApplicationContext> own = RunningSample::withOwnEventLoops;
    EcsSimulator started = service.startNow();
    try {
      return new RunningSample(
          started,
          new SpringApplicationBuilder(SampleApplication.class)
              .properties(SimulatedSample.properties(started))
              .initializers(own, beans)
              .run(Stream.concat(ARGUMENTS.stream(), Stream.of(arguments)).toArray(String[]::new)));
    } catch (RuntimeException e) {
      started.dispose();
      throw e;
    }
  }

  /** Keeps a context from disposing the global event loops, which other tests share. */
  private static void withOwnEventLoops(GenericApplicationContext context) {
    context.registerBean(
        ReactorResourceFactory.class,
        () -> {
          ReactorResourceFactory resources = new ReactorResourceFactory();
          resources.setUseGlobalResources(false);
          resources.setShutdownQuietPeriod(Duration.ZERO);
          return resources;
        });
  }

  EcsSimulator service() {
    return service;
  }

  EcsClient client() {
    return context.getBean(EcsClient.class);
  }

  URI address(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  int port() {
    return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  static String json(Collection<String> ids) {
    return new JsonMapper().writeValueAsString(ids);
  }

  /** Starts a run; its outcomes are read line by line. */
  HttpResponse<Stream<String>> stop(String name, String accept, String ids)
      throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(address("/shutdowns/" + name))
            .header("Content-Type", "application/json")
            .header(RequestGuard.HEADER, "test")
            .header("Accept", accept)
            .POST(BodyPublishers.ofString(ids)),
        BodyHandlers.ofLines());
  }

  /** Returns the lines of a stream as they arrive. */
  Iterator<String> lines(String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(address(path)), BodyHandlers.ofLines()).body().iterator();
  }

  HttpResponse<String> send(String method, String path, String body)
      throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(address(path))
            .header("Content-Type", "application/json")
            .header(RequestGuard.HEADER, "test")
            .method(method, BodyPublishers.ofString(body)),
        BodyHandlers.ofString());
  }

  <T> HttpResponse<T> send(HttpRequest.Builder request, BodyHandler<T> reader)
      throws IOException, InterruptedException {
    return http.send(request.timeout(PATIENCE).build(), reader);
  }

  /** Stops the application and asserts that it never blocked an event loop. */
  @Override
  public void close() {
    context.close();
    service.dispose();
    assertThat(BlockingCalls.take()).isEmpty();
  }
}
