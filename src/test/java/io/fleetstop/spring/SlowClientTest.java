package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.blockhound.BlockingCalls;
import io.fleetstop.samples.Samples;
import io.fleetstop.simulator.EcsSimulator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.client.ReactorResourceFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.json.JsonMapper;

/**
 * A client that reads slowly slows the calls down, and one that disconnects stops them.
 *
 * <p>The number of calls is bounded by the outcomes read, those in the sockets' buffers, those that
 * Reactor Netty prefetches, and the calls in flight. The kernel's buffers are set to a minimum, and
 * their actual size is read back.
 */
class SlowClientTest {

  private static final int FLEET = 1_000;
  private static final int IN_FLIGHT = 8;

  /** In {@code NettyOutbound.sendGroups}: 32 to prepare and 128 being written. */
  private static final int PREFETCH = 32 + 128;

  /** With less, the kernel's timers would limit the rate. */
  private static final int SMALL = 8 * 1_024;

  private static final int QUIET_ROUND_TRIPS = 100;

  /** Longer than a delayed acknowledgement or a zero-window probe of the kernel. */
  private static final Duration QUIET = Duration.ofSeconds(1);

  private static final BlockingQueue<Integer> SEND_BUFFERS = new LinkedBlockingQueue<>();

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static EcsSimulator service;
  private static ConfigurableApplicationContext application;
  private static int port;
  private static EcsClient client;
  private static String ids;

  @BeforeAll
  static void start() {
    BlockingCalls.take();
    service = EcsSimulator.builder().instances(FLEET).startNow();
    application =
        new SpringApplicationBuilder(Application.class)
            .initializers(
                (GenericApplicationContext context) -> {
                  withOwnEventLoops(context);
                  withSmallBuffers(context);
                })
            .run(
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--spring.main.banner-mode=off",
                "--spring.http.codecs.max-in-memory-size=4MB",
                "--fleetstop.region=cn-beijing",
                "--fleetstop.endpoint=" + service.endpoint(),
                "--fleetstop.credentials.access-key-id=" + service.accessKeyId(),
                "--fleetstop.credentials.secret-access-key=" + service.secretAccessKey(),
                "--fleetstop.pace.rate=10000",
                "--fleetstop.pace.burst=1000",
                "--fleetstop.shutdown.max-in-flight=" + IN_FLIGHT,
                "--fleetstop.shutdown.await-stopped=false",
                "--fleetstop.shutdown.poll-interval=50ms",
                // Look-ups of tags would be paced by the quota of describe calls.
                "--fleetstop.shutdown.protect-tag=");
    port = application.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
    client = application.getBean(EcsClient.class);
    ids = new JsonMapper().writeValueAsString(service.ids());
  }

  /** Also asserts that nothing blocked an event loop. */
  @AfterAll
  static void stop() {
    application.close();
    service.dispose();
    assertThat(BlockingCalls.take()).isEmpty();
  }

  /** The controller of the documentation. */
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import(Samples.Shutdowns.class)
  static class Application {

    /**
     * Allocates responses on the heap: WebFlux leaks buffers of a response whose client disconnects
     * (spring-framework issue 36438), and only heap buffers are reclaimed by the garbage collector.
     */
    @Bean
    NettyServerCustomizer responsesOnTheHeap() {
      UnpooledByteBufAllocator heap = new UnpooledByteBufAllocator(false);
      return server -> server.childOption(ChannelOption.ALLOCATOR, heap);
    }
  }

  /** Keeps the context from disposing the global event loops, which other tests share. */
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

  @AfterEach
  void resetLatency() {
    service.setLatency(Duration.ZERO);
  }

  private static void withSmallBuffers(GenericApplicationContext context) {
    context.registerBean(
        NettyServerCustomizer.class,
        () ->
            server ->
                server
                    .childOption(ChannelOption.SO_SNDBUF, SMALL)
                    .doOnConnection(
                        connection ->
                            SEND_BUFFERS.add(
                                Objects.requireNonNull(
                                    connection
                                        .channel()
                                        .config()
                                        .getOption(ChannelOption.SO_SNDBUF)))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/x-ndjson", "text/event-stream"})
  void slowReader_slowsTheCallsDown(String accept) throws Exception {
    long before = calls();
    SEND_BUFFERS.clear();
    try (SlowClient client = new SlowClient(port, accept, ids, SMALL)) {
      int sendBuffer = Objects.requireNonNull(SEND_BUFFERS.poll(20, TimeUnit.SECONDS));
      int read = 0;
      for (int more : new int[] {1, 1, 1, 100, 300}) {
        client.read(more);
        read += more;
        awaitQuiet();

        int held = (sendBuffer + client.receiveBuffer()) / client.shortest() + 1;
        int bound = read + held + PREFETCH + IN_FLIGHT;
        assertThat(bound)
            .as("the bound must be below the fleet's size")
            .isLessThan(FLEET / 2 + read);
        assertThat(calls() - before)
            .as("calls for %d outcomes read and %d in buffers", read, held)
            .isBetween((long) read, (long) bound);
      }
      client.read(FLEET - read);
      assertThat(calls() - before).isEqualTo(FLEET);
    }
  }

  /** Control: with a reader, the same wait sees all calls. */
  @Test
  void fastReader_getsAllCallsMade() throws Exception {
    long before = calls();
    try (SlowClient client = new SlowClient(port, "application/x-ndjson", ids, SMALL)) {
      client.read(1);
      Disposable reading =
          Mono.fromCallable(() -> client.read(FLEET - 1))
              .subscribeOn(Schedulers.boundedElastic())
              .subscribe();
      awaitQuiet();

      assertThat(calls() - before).isEqualTo(FLEET);
      await(reading::isDisposed);
    }
  }

  @Test
  @Tag("guarantee:demand")
  void readerDisconnects_callsStopAndInFlightAreCancelled() throws Exception {
    long calls;
    try (SlowClient client = new SlowClient(port, "application/x-ndjson", ids, SMALL)) {
      client.read(3);
      awaitQuiet();
      service.setLatency(Duration.ofDays(1));
      // As many are prefetched; reading them requests others.
      client.read(PREFETCH);
      await(() -> SlowClientTest.client.gauges().inFlight() == IN_FLIGHT);
      // A call is in flight before the service has read it.
      awaitQuiet();
      calls = calls();
    }

    await(() -> SlowClientTest.client.gauges().inFlight() == 0);
    awaitQuiet();
    assertThat(calls()).isEqualTo(calls);
  }

  /** Any request to the application; a path that it does not have will do. */
  private static int roundTrip() throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/none")).build();
    return HTTP.send(request, BodyHandlers.discarding()).statusCode();
  }

  private static long calls() {
    return service.ledger().calls("StopInstance");
  }

  /** Waits until no call was made for a period and for a number of other requests. */
  private static void awaitQuiet() throws IOException, InterruptedException {
    long seen = calls();
    long since = System.nanoTime();
    int roundTrips = 0;
    while (roundTrips < QUIET_ROUND_TRIPS || System.nanoTime() - since < QUIET.toNanos()) {
      assertThat(roundTrip()).isEqualTo(404);
      roundTrips++;
      if (calls() != seen) {
        seen = calls();
        since = System.nanoTime();
        roundTrips = 0;
      }
    }
  }

  private static void await(BooleanSupplier condition) {
    Boolean met =
        Mono.fromSupplier(condition::getAsBoolean)
            .filter(now -> now)
            .repeatWhenEmpty(again -> again.delayElements(Duration.ofMillis(5)))
            .block(SlowClient.PATIENCE);
    assertThat(met).isTrue();
  }
}
