package io.fleetstop.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import io.fleetstop.fleet.JournalEvent;
import io.fleetstop.fleet.JournalState;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import reactor.core.publisher.Mono;

/** The contract finds the mistakes of an implementation. */
@Tag("long")
class ShutdownJournalContractTest {

  /** A mistake, and the test of the contract that finds it. */
  enum Mistake {
    INTENTS_LOST("calledInstances_areInTheJournalAfterACrash"),
    OUTCOMES_LOST("emittedOutcomes_areInTheJournalAfterACrash"),
    FEW_EVENTS_LOST("resumedState_isThatOfTheStoredEvents"),
    FAILURES_IGNORED("failedStorage_endsTheRunBeforeACall"),
    PARAMETERS_IGNORED("otherRunOrParameters_areRefused"),
    EVENTS_KEPT("storedEvents_areNotKept");

    private final String test;

    Mistake(String test) {
      this.test = test;
    }
  }

  private static Mistake mistake = Mistake.INTENTS_LOST;

  @ParameterizedTest
  @EnumSource
  void mistake_isFound(Mistake planted) {
    mistake = planted;
    SummaryGeneratingListener summary = new SummaryGeneratingListener();

    LauncherFactory.create(
            LauncherConfig.builder()
                .enableLauncherSessionListenerAutoRegistration(false)
                .enableTestExecutionListenerAutoRegistration(false)
                .build())
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectMethod(WrongJournalContract.class, planted.test))
                .build(),
            summary);

    assertThat(summary.getSummary().getTestsFoundCount()).isEqualTo(1);
    assertThat(summary.getSummary().getTestsFailedCount()).isEqualTo(1);
  }

  /** The contract of an implementation with a mistake. Started by the test above only. */
  static final class WrongJournalContract extends ShutdownJournalContract {

    private final InMemoryJournal.Lines storage = new InMemoryJournal.Lines();
    private ShutdownOptions created = ShutdownOptions.defaults();

    @Override
    protected Mono<? extends ShutdownJournal> create(ShutdownOptions options) {
      created = options;
      return InMemoryJournal.create(storage, options).map(WrongJournal::new);
    }

    @Override
    protected Mono<? extends ShutdownJournal> resume(ShutdownOptions options) {
      return InMemoryJournal.resume(
              storage, mistake == Mistake.PARAMETERS_IGNORED ? created : options)
          .map(WrongJournal::new);
    }
  }

  private static final class WrongJournal implements ShutdownJournal {

    private final InMemoryJournal journal;
    private final List<JournalEvent> events = new CopyOnWriteArrayList<>();

    private WrongJournal(InMemoryJournal journal) {
      this.journal = journal;
    }

    @Override
    public JournalState state() {
      return journal.state();
    }

    @Override
    public Mono<Void> append(JournalEvent event) {
      if (mistake == Mistake.EVENTS_KEPT || mistake == Mistake.FEW_EVENTS_LOST) {
        events.add(event);
      }
      boolean lost =
          switch (mistake) {
            case INTENTS_LOST -> event.isDurable();
            case OUTCOMES_LOST -> !event.isDurable();
            case FEW_EVENTS_LOST -> events.size() % 10 == 0;
            default -> false;
          };
      Mono<Void> storing = lost ? Mono.empty() : journal.append(event);
      return mistake == Mistake.FAILURES_IGNORED ? storing.onErrorComplete() : storing;
    }

    @Override
    public Mono<Void> disposeLater() {
      return journal.disposeLater();
    }
  }
}
