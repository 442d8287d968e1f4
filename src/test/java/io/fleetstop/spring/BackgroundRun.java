package io.fleetstop.spring;

import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.model.InstanceId;
import java.util.stream.IntStream;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;
import reactor.core.publisher.Flux;

/** An application that stops a fleet in the background and prints each outcome. */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({SslAutoConfiguration.class, FleetstopAutoConfiguration.class})
public class BackgroundRun {

  static final int FLEET = 1_000;
  static final String CLOSING = "closing";
  static final String END = "end of the run";

  /** Takes Spring Boot arguments. */
  public static void main(String[] arguments) {
    ConfigurableApplicationContext context = SpringApplication.run(BackgroundRun.class, arguments);
    context.addApplicationListener(
        (ApplicationListener<ContextClosedEvent>) event -> System.out.println(CLOSING));
    context
        .getBean(FleetShutdown.class)
        .stop(Flux.fromStream(IntStream.rangeClosed(1, FLEET).mapToObj(BackgroundRun::id)))
        .doOnTerminate(() -> System.out.println(END))
        .subscribe(outcome -> System.out.println(outcome.kind() + " " + outcome.instanceId()));
  }

  private static InstanceId id(int number) {
    return InstanceId.of("i-sim%010d".formatted(number));
  }
}
