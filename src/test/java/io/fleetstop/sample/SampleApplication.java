package io.fleetstop.sample;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.context.annotation.Bean;

/**
 * Stops fleets by HTTP. What it needs to know stands in {@code application.properties}; fleetstop's
 * auto-configuration makes the client and the {@code FleetShutdown} of it.
 *
 * <p>Whoever can reach it can stop instances: it listens on the loopback interface, and an
 * application that does not puts its own security in front.
 */
@SpringBootApplication
public class SampleApplication {

  /** Starts it. */
  public static void main(String[] arguments) {
    SpringApplication.run(SampleApplication.class, arguments);
  }

  /**
   * Responses are made on the heap: of one whose client leaves, WebFlux does not give back all
   * buffers (spring-framework issue 36438), which only the garbage collector can make up for.
   */
  @Bean
  NettyServerCustomizer responsesOnTheHeap() {
    UnpooledByteBufAllocator heap = new UnpooledByteBufAllocator(false);
    return server -> server.childOption(ChannelOption.ALLOCATOR, heap);
  }
}
