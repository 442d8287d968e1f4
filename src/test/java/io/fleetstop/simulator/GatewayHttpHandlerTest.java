package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.netty.http.client.HttpClient;

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
