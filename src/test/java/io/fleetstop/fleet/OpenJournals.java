package io.fleetstop.fleet;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.core.publisher.Mono;

/** The journals that a test has opened; they are closed when it has ended. */
final class OpenJournals implements AfterEachCallback {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final List<ShutdownJournal> opened = new ArrayList<>();

  ShutdownJournal await(Mono<ShutdownJournal> opening) {
    ShutdownJournal journal = Objects.requireNonNull(opening.block(PATIENCE));
    opened.add(journal);
    return journal;
  }

  @Override
  public void afterEach(ExtensionContext context) {
    opened.forEach(journal -> journal.disposeLater().block(PATIENCE));
  }
}
