package io.fleetstop.sample;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.context.annotation.Bean;

/**
 * Stops fleets over HTTP. {@code application.properties} configures it; fleetstop's
 * auto-configuration creates the client and the {@code FleetShutdown}.
 *
 * <p>Every process that can reach it can stop instances. It listens only on the loopback interface;
 * an application that listens elsewhere needs authentication in front.
 */
@SpringBootApplication
public class SampleApplication {

  /** Starts the application. */
  public static void main(String[] arguments) {
    SpringApplication.run(SampleApplication.class, arguments);
  }

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
