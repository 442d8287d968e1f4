package app;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.InstanceId;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import reactor.core.publisher.Flux;

public class App {

  public static void main(String[] args) {
    EcsClient client = EcsClient.builder().endpoint(URI.create(args[0])).region(args[1]).build();
    FleetShutdown shutdown = FleetShutdown.create(client, ShutdownOptions.defaults());
    List<ShutdownOutcome> outcomes =
        Flux.fromStream(Arrays.stream(args).skip(2))
            .map(InstanceId::of)
            .as(shutdown::stop)
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
    client.closeAsync().block(Duration.ofSeconds(10));
  }
}
