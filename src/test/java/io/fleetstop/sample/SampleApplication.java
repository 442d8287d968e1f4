package io.fleetstop.sample;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

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
}
