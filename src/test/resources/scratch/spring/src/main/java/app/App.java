package app;

import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import reactor.core.publisher.Flux;

@SpringBootApplication
public class App {

  public static void main(String[] args) {
    SpringApplication.run(App.class, args).close();
  }

  @Bean
  ApplicationRunner stop(FleetShutdown shutdown) {
    return args ->
        Flux.fromIterable(args.getNonOptionArgs())
            .map(InstanceId::of)
            .as(shutdown::stop)
            .doOnNext(outcome -> System.out.println("outcome: " + outcome))
            .blockLast(Duration.ofSeconds(30));
  }
}
