package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

class ShutdownOptionsTest {

  @Test
  void text_hasTheOptionsByName() {
    assertThat(ShutdownOptions.builder().runId("night").batchSize(100).dryRun(true).build())
        .hasToString(
            "ShutdownOptions[operation=STOP, runId=night, forceStop=false,"
                + " stoppedMode=KEEP_CHARGING, dryRun=true, awaitStopped=true, timeout=PT10M,"
                + " busyTimeout=PT2M, maxInFlight=64, batchSize=100, maxOpen=1000,"
                + " failureLimit=20.0%, protectTag=fleetstop:protect]");
  }

  @Test
  void pollIntervals_haveDefaultsAndAreCopied() {
    assertThat(ShutdownOptions.defaults().awaitOptions().pollInterval()).hasSeconds(2);
    assertThat(ShutdownOptions.defaults().awaitOptions().maxPollInterval()).hasSeconds(30);
    ShutdownOptions changed =
        ShutdownOptions.builder()
            .awaitOptions(wait -> wait.pollInterval(Duration.ofSeconds(3)))
            .awaitOptions(wait -> wait.maxPollInterval(Duration.ofSeconds(3)))
            .build()
            .mutate()
            .build();
    assertThat(changed.awaitOptions().pollInterval()).hasSeconds(3);
    assertThat(changed.awaitOptions().maxPollInterval()).hasSeconds(3);
  }

  @Test
  void scope_isOneTo128Characters() {
    assertThat(ShutdownOptions.defaults().scope()).isNull();
    assertThat(ShutdownOptions.builder().scope("cn-beijing").build().mutate().build().scope())
        .isEqualTo("cn-beijing");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ShutdownOptions.builder().scope(" "))
        .withMessage("scope must have 1 to 128 characters, not all white space");
  }

  @Test
  void bounds_areAtLeastOne() {
    assertThat(ShutdownOptions.builder().maxOpen(1).maxInFlight(1).build().maxOpen()).isEqualTo(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ShutdownOptions.builder().maxOpen(0))
        .withMessage("maxOpen must be at least 1, was 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ShutdownOptions.builder().maxInFlight(0))
        .withMessage("maxInFlight must be at least 1, was 0");
  }

  @Test
  void awaitOptions_areCheckedTogether() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                ShutdownOptions.builder()
                    .awaitOptions(wait -> wait.pollInterval(Duration.ofMinutes(1)))
                    .build())
        .withMessage("maxPollInterval must be at least pollInterval, 1m, was 30s");
    ShutdownOptions slow =
        ShutdownOptions.builder()
            .awaitOptions(wait -> wait.pollInterval(Duration.ofMinutes(1)))
            .awaitOptions(wait -> wait.maxPollInterval(Duration.ofMinutes(1)))
            .build();
    assertThat(slow.awaitOptions().maxPollInterval()).hasMinutes(1);
  }

  @Test
  void polls_stayWithinTheIntervals() {
    assertThat(pollsWithin(1_000, 1, 1)).isEqualTo(1_000);
    // Ten intervals of 2 s, then a tenth of the age up to 100 s, then every 10 s.
    assertThat(pollsWithin(1_000, 2, 10)).isBetween(110, 120);
    assertThat(pollsWithin(1_000, 2, 50)).isBetween(50, 65);
  }

  /** Returns the number of polls of an instance that does not stop. */
  private static int pollsWithin(int seconds, int least, int greatest) {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    StubClient client = new StubClient();
    client.onStop = request -> Mono.just(new StopInstance.Result("req", 1));
    ShutdownOptions options =
        ShutdownOptions.builder()
            .awaitOptions(wait -> wait.timeout(Duration.ofHours(1)))
            .awaitOptions(wait -> wait.pollInterval(Duration.ofSeconds(least)))
            .awaitOptions(wait -> wait.maxPollInterval(Duration.ofSeconds(greatest)))
            .build();
    Disposable run =
        FleetShutdown.create(client, options)
            .stop(Mono.just(InstanceId.of("i-1")))
            .subscribe(
                outcome -> {
                  throw new AssertionError(outcome);
                });
    time.advanceTimeBy(Duration.ofSeconds(seconds));
    run.dispose();
    return client.described.get();
  }
}
