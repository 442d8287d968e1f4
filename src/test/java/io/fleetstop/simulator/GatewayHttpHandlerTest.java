package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.TooLongHttpContentException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.netty.http.client.HttpClient;
import reactor.test.StepVerifier;

class GatewayHttpHandlerTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  @Test
  void oneByteChunks_costLinearMemory() {
    int chunks = 100_000;
    byte[] chunk = {1};
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    GatewayHttpHandler.collect(Flux.just(chunk)).block(TIMEOUT);
    long before = threads.getCurrentThreadAllocatedBytes();
    byte[] body = GatewayHttpHandler.collect(Flux.range(0, chunks).map(i -> chunk)).block(TIMEOUT);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    // A copy of the body for each chunk would be 5 GB.
    assertThat(allocated).isLessThan(50_000_000);
    assertThat(body).hasSize(chunks);
  }

  @Test
  void bodyBeyondBound_isReadToItsEndBeforeItIsRejected() {
    byte[] chunk = new byte[1 << 16];
    AtomicInteger read = new AtomicInteger();
    Flux<byte[]> chunks = Flux.range(0, 20).map(i -> chunk).doOnNext(c -> read.incrementAndGet());
    StepVerifier.create(GatewayHttpHandler.collect(chunks))
        .verifyError(TooLongHttpContentException.class);
    assertThat(read).hasValue(20);
  }

  @Test
  void endlessBody_isRejectedAtTheSecondBound() {
    byte[] chunk = new byte[1 << 16];
    AtomicInteger read = new AtomicInteger();
    Flux<byte[]> chunks = Flux.generate(sink -> sink.next(chunk));
    StepVerifier.create(GatewayHttpHandler.collect(chunks.doOnNext(c -> read.incrementAndGet())))
        .verifyError(TooLongHttpContentException.class);
    assertThat(read)
        .hasValue(GatewayHttpHandler.RequestBody.MAX_DISCARDED_BYTES / chunk.length + 1);
  }

  /** Sends a request head, and returns the first line of the reply. */
  private static String statusLine(EcsSimulator simulator, String head) throws IOException {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), simulator.endpoint().getPort())) {
      socket.setSoTimeout((int) TIMEOUT.toMillis());
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      BufferedReader reply =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
      return String.valueOf(reply.readLine());
    }
  }

  @Test
  void hugeQueryOrHeaders_areRejected() throws IOException {
    EcsSimulator simulator = EcsSimulator.builder().startNow();
    try {
      String query = "GET /?" + "a=1&".repeat(20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n";
      assertThat(statusLine(simulator, query)).startsWith("HTTP/1.1 414 ");
      String headers = "GET / HTTP/1.1\r\nHost: x\r\n" + "a: 1\r\n".repeat(5_000) + "\r\n";
      assertThat(statusLine(simulator, headers)).startsWith("HTTP/1.1 431 ");
      assertThat(simulator.calls()).isZero();
    } finally {
      simulator.disposeLater().block(TIMEOUT);
    }
  }

  @Test
  void unfinishedBodies_doNotHinderOthers() throws IOException {
    EcsSimulator simulator = EcsSimulator.builder().startNow();
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 50; i++) {
        Socket socket =
            new Socket(InetAddress.getLoopbackAddress(), simulator.endpoint().getPort());
        slow.add(socket);
        socket
            .getOutputStream()
            .write(
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\nx"
                    .getBytes(StandardCharsets.US_ASCII));
      }
      assertThat(statusLine(simulator, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
          .startsWith("HTTP/1.1 4");
      assertThat(simulator.calls()).isEqualTo(1);
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
      simulator.disposeLater().block(TIMEOUT);
    }
  }

  @Test
  void bodyBeyondBound_rejectedWith413() {
    EcsSimulator simulator = EcsSimulator.builder().startNow();
    byte[] half = new byte[1 << 19];
    Arrays.fill(half, (byte) 'x');
    try {
      assertThat(
              HttpClient.newConnection()
                  .post()
                  .uri(simulator.endpoint() + "/?Action=StopInstance&Version=2020-04-01")
                  .send(Flux.range(0, 3).map(i -> Unpooled.wrappedBuffer(half)))
                  .response()
                  .map(response -> response.status().code())
                  .block(TIMEOUT))
          .isEqualTo(413);
      assertThat(simulator.calls()).isZero();
    } finally {
      simulator.disposeLater().block(TIMEOUT);
    }
  }
}
