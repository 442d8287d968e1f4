package io.fleetstop.spring;

import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.limit.RateLimiterRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.beans.factory.ListableBeanFactory;

/** Logs one line at startup: what the client calls, with which credentials, at which rate. */
final class StartupLog {

  private StartupLog() {}

  static void log(
      Logger log, FleetstopProperties properties, String region, ListableBeanFactory beans) {
    if (log.isInfoEnabled()) {
      log.info(
          "fleetstop {}calls ECS in {} at {}; credentials: {}; StopInstance: {}; fleets: {}",
          version(),
          region,
          properties.endpointFor(region),
          source(
              beans,
              CredentialsProvider.class,
              "fleetstopCredentialsProvider",
              properties.credentials().describe()),
          source(
              beans,
              RateLimiterRegistry.class,
              "fleetstopRateLimiterRegistry",
              properties.pace().describe()),
          source(
              beans,
              ShutdownOptions.class,
              FleetstopAutoConfiguration.SHUTDOWN_OPTIONS,
              fleets(properties.shutdown())));
    }
  }

  private static String fleets(FleetstopProperties.Shutdown shutdown) {
    return "batch size "
        + shutdown.batchSize()
        + (shutdown.dryRun() ? ", dry run: nothing is stopped" : ", no dry run");
  }

  /** The properties count only if the auto-configured bean does. */
  private static String source(
      ListableBeanFactory beans, Class<?> type, String configured, String description) {
    String[] names = beans.getBeanNamesForType(type, true, false);
    return names.length == 1 && names[0].equals(configured)
        ? description
        : "bean " + String.join(", ", names);
  }

  /** Known only to a packaged jar. */
  private static String version() {
    @Nullable String version = StartupLog.class.getPackage().getImplementationVersion();
    return version == null ? "" : version + " ";
  }
}
