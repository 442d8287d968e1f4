package io.fleetstop.junit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * A test that heeds no interrupt, run by {@link TestWatchdogTest}: its name hides it from Maven.
 */
final class HungRun {

  public static void main(String[] args) {
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(HungRun.class))
                .build());
  }

  @Test
  @Timeout(1)
  void hangs() {
    new CompletableFuture<>().join();
  }
}
