package app;

import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
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
  ApplicationRunner stop(ObjectProvider<FleetShutdown> shutdown) {
    return args -> {
      FleetShutdown fleet = shutdown.getIfAvailable();
      if (fleet == null) {
        System.out.println("no FleetShutdown");
        return;
      }
      List<ShutdownOutcome> outcomes =
          Flux.fromIterable(args.getNonOptionArgs())
              .map(InstanceId::of)
              .as(fleet::stop)
              .collectList()
              .block(Duration.ofSeconds(60));
      System.out.println(
          "stopped "
              + outcomes.stream().filter(ShutdownOutcome.Stopped.class::isInstance).count()
              + ", failed "
              + outcomes.stream()
                  .filter(ShutdownOutcome.Failed.class::isInstance)
                  .map(outcome -> outcome.error().errorCode().code())
                  .toList());
    };
  }
}
