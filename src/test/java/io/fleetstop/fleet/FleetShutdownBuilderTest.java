package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** What the builder sets; the listeners have a test of their own. */
class FleetShutdownBuilderTest extends JournalFixture {

  private final StubClient client = new StubClient();
  private final ShutdownOptions options =
      ShutdownOptions.builder().protectTag("").forceStop(true).awaitStopped(false).build();

  private StopInstance called(FleetShutdown fleet) {
    fleet.stop(Mono.just(InstanceId.of("i-1"))).blockLast(PATIENCE);
    return client.calls.remove();
  }

  @Test
  void options_haveTheirEffect() {
    assertThat(called(FleetShutdown.builder(client).options(options).build()).isForceStop())
        .isTrue();
  }

  @Test
  void withoutOptions_defaultsApply() {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    FleetShutdown.builder(client).build().stop(Mono.just(InstanceId.of("i-1"))).subscribe();
    time.advanceTimeBy(Duration.ofSeconds(5));

    assertThat(client.calls).hasSize(1).noneMatch(StopInstance::isForceStop);
  }

  @Test
  void journal_bringsTheOptionsOfItsRun() {
    ShutdownJournal journal = await(ShutdownJournal.create(file, options));

    assertThat(called(FleetShutdown.builder(client).journal(journal).build()).isForceStop())
        .isTrue();
    assertThat(file).content().contains("\"instanceId\":\"i-1\"");
  }

  @Test
  void journalAndOptions_areRejected() {
    FleetShutdown.Builder both =
        FleetShutdown.builder(client)
            .options(options)
            .journal(await(ShutdownJournal.create(file, options)));

    assertThatIllegalArgumentException()
        .isThrownBy(both::build)
        .withMessage("options must be given to the journal alone, which was opened with them");
  }
}
