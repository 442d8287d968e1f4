package io.fleetstop.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.simulator.EcsSimulator;
import io.netty.channel.ChannelOption;
import java.io.IOException;
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
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.context.support.GenericApplicationContext;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

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

  private static RunningSample sample;
  private static String ids;

  @BeforeAll
  static void start() {
    sample =
        RunningSample.start(
            EcsSimulator.builder().instances(FLEET),
            SlowClientTest::withSmallBuffers,
            "--fleetstop.pace.rate=10000",
            "--fleetstop.pace.burst=1000",
            "--fleetstop.shutdown.max-in-flight=" + IN_FLIGHT,
            "--fleetstop.shutdown.await-stopped=false",
            // Look-ups of tags would be paced by the quota of describe calls.
            "--fleetstop.shutdown.protect-tag=");
    ids = RunningSample.json(sample.service().ids());
  }

  @AfterAll
  static void stop() {
    sample.close();
  }

  @AfterEach
  void resetLatency() {
    sample.service().setLatency(Duration.ZERO);
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
    try (SlowClient client = new SlowClient(sample.port(), "slow", accept, ids, SMALL)) {
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
    try (SlowClient client =
        new SlowClient(sample.port(), "eager", "application/x-ndjson", ids, SMALL)) {
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
    try (SlowClient client =
        new SlowClient(sample.port(), "left", "application/x-ndjson", ids, SMALL)) {
      client.read(3);
      awaitQuiet();
      sample.service().setLatency(Duration.ofDays(1));
      // As many are prefetched; reading them requests others.
      client.read(PREFETCH);
      await(() -> sample.client().gauges().inFlight() == IN_FLIGHT);
      // A call is in flight before the service has read it.
      awaitQuiet();
      calls = calls();
    }

    await(() -> sample.client().gauges().inFlight() == 0);
    awaitQuiet();
    assertThat(calls()).isEqualTo(calls);
    assertThat(sample.send("DELETE", "/shutdowns/left", "").statusCode()).isEqualTo(404);
  }

  private static long calls() {
    return sample.service().ledger().calls("StopInstance");
  }

  /** Waits until no call was made for a period and for a number of other requests. */
  private static void awaitQuiet() throws IOException, InterruptedException {
    long seen = calls();
    long since = System.nanoTime();
    int roundTrips = 0;
    while (roundTrips < QUIET_ROUND_TRIPS || System.nanoTime() - since < QUIET.toNanos()) {
      assertThat(sample.send("GET", "/shutdown.css", "").statusCode()).isEqualTo(200);
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
            .block(RunningSample.PATIENCE);
    assertThat(met).isTrue();
  }
}
