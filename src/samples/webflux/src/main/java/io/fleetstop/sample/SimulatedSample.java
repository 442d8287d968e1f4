package io.fleetstop.sample;

import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Quota;
import java.time.Duration;
import java.util.Map;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContext;

/** The sample application with a simulated service instead of the real one. */
public final class SimulatedSample {

  private static final int INSTANCES = 300;

  private SimulatedSample() {}

  /** Starts both. Takes Spring Boot arguments such as {@code --server.port=8081}. */
  public static void main(String[] arguments) {
    EcsSimulator service =
        EcsSimulator.builder()
            .instances(INSTANCES)
            .instance("i-sim-starting", "STARTING")
            .instance("i-sim-in-error", "ERROR")
            .stopDelay(Duration.ofSeconds(2))
            .quota(Quota.tokenBucket(40, 10))
            .startNow();
    ApplicationContext application =
        new SpringApplicationBuilder(SampleApplication.class)
            .properties(properties(service))
            .run(arguments);
    System.out.printf(
        "%d simulated instances can be stopped at http://127.0.0.1:%s%n",
        service.ids().size(), application.getEnvironment().getProperty("local.server.port"));
  }

  /** Returns the properties that connect the application to the simulator. */
  static Map<String, Object> properties(EcsSimulator service) {
    return Map.of(
        "sample.runs-directory", "target/runs",
        "fleetstop.endpoint", service.endpoint(),
        "fleetstop.credentials.access-key-id", service.accessKeyId(),
        "fleetstop.credentials.secret-access-key", service.secretAccessKey());
  }
}
