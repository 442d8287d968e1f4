package app;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.model.InstanceId;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import reactor.core.publisher.Flux;

public class App {

  public static void main(String[] args) {
    EcsClient client = EcsClient.builder().endpoint(URI.create(args[0])).region(args[1]).build();
    FleetShutdown shutdown = FleetShutdown.create(client, ShutdownOptions.defaults());
    Flux.fromStream(Arrays.stream(args).skip(2))
        .map(InstanceId::of)
        .as(shutdown::stop)
        .doOnNext(outcome -> System.out.println("outcome: " + outcome))
        .blockLast(Duration.ofSeconds(30));
    client.disposeLater().block(Duration.ofSeconds(10));
  }
}
