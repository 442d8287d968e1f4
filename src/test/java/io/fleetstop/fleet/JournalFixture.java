package io.fleetstop.fleet;

import java.nio.file.Path;
import java.time.Duration;
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

  ShutdownJournal await(Mono<ShutdownJournal> opening) {
    ShutdownJournal journal = Objects.requireNonNull(opening.block(PATIENCE));
    opened.add(journal);
    return journal;
  }
}
