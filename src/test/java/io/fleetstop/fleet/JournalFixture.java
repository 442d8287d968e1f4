package io.fleetstop.fleet;

import io.fleetstop.fleet.JournalFormat.Intent;
import io.fleetstop.model.InstanceId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

/** A journal file; journals opened by a test are closed after it. */
abstract class JournalFixture {

  static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path directory;
  Path file = Path.of("");
  private final List<ShutdownJournal> opened = new ArrayList<>();

  @BeforeEach
  void nameTheFile() {
    file = directory.resolve("run.jsonl");
  }

  @AfterEach
  void close() {
    opened.forEach(journal -> journal.disposeLater().block(PATIENCE));
  }

  static JournalEvent intent(String id) {
    return new Intent(Instant.EPOCH, InstanceId.of(id));
  }

  static JournalEvent event(ShutdownOutcome outcome) {
    return OutcomeRecord.of(outcome, Instant.EPOCH);
  }

  ShutdownJournal await(Mono<ShutdownJournal> opening) {
    ShutdownJournal journal = Objects.requireNonNull(opening.block(PATIENCE));
    opened.add(journal);
    return journal;
  }
}
