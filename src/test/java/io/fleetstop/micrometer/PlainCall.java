package io.fleetstop.micrometer;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Duration;
import reactor.core.publisher.Flux;

/** Stops a fleet in a process without Micrometer. */
final class PlainCall {

  private PlainCall() {}

  public static void main(String[] arguments) {
    EcsSimulator simulator =
        EcsSimulator.builder().instances(3).stopDelay(Duration.ofMillis(10)).startNow();
    EcsClient client =
        EcsClient.builder()
            .region(simulator.region())
            .endpoint(simulator.endpoint())
            .credentials(
                CredentialsProvider.fixed(
                    Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey())))
            .build();
    ShutdownOptions options =
        ShutdownOptions.builder()
            .protectTag("")
            .runId("run-1")
            .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(50)))
            .build();
    Long stopped =
        FleetShutdown.create(client, options)
            .stop(Flux.fromIterable(simulator.ids()).map(InstanceId::of))
            .filter(outcome -> outcome.isSuccess())
            .count()
            .block(Duration.ofSeconds(30));
    System.out.println("STOPPED " + stopped);
    System.exit(0);
  }
}
