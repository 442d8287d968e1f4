package io.fleetstop.testkit;

import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

/** The shipped implementation. */
class FileJournalContractTest extends ShutdownJournalContract {

  @TempDir Path directory = Path.of("");

  @Override
  protected Mono<? extends ShutdownJournal> create(ShutdownOptions options) {
    return ShutdownJournal.create(directory.resolve("run.jsonl"), options);
  }

  @Override
  protected Mono<? extends ShutdownJournal> resume(ShutdownOptions options) {
    return ShutdownJournal.resume(directory.resolve("run.jsonl"), options);
  }
}
