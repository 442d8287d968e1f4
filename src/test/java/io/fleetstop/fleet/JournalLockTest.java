package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** The lock of a journal, which the operating system drops when any channel to it is closed. */
class JournalLockTest extends JournalFixture {

  private static final Path LOCKS = Path.of("/proc/locks");

  private final ShutdownOptions options =
      ShutdownOptions.builder().protectTag("").runId("night").build();

  @BeforeEach
  void requireListOfLocks() {
    assumeThat(LOCKS).isReadable();
  }

  private boolean isLocked() throws IOException {
    Object inode = Files.getAttribute(file, "unix:ino");
    return Files.readAllLines(LOCKS).stream().anyMatch(line -> line.contains(":" + inode + " "));
  }

  private static void inUse(Mono<ShutdownJournal> opening) {
    assertThatThrownBy(() -> opening.block(PATIENCE)).hasMessageContaining("in use");
  }

  @Tag("guarantee:journal-owner")
  @Test
  void hardLink_doesNotFreeTheLockOfANewJournal() throws IOException {
    await(ShutdownJournal.create(file, options));
    Path link = Files.createLink(directory.resolve("link.jsonl"), file);
    assertThat(isLocked()).isTrue();

    inUse(ShutdownJournal.resume(link, options));
    assertThat(isLocked()).isTrue();
  }

  @Tag("guarantee:journal-owner")
  @Test
  void hardLink_doesNotFreeTheLockOfAResumedJournal() throws IOException {
    await(ShutdownJournal.create(file, options)).disposeLater().block(PATIENCE);
    assertThat(isLocked()).isFalse();
    Path link = Files.createLink(directory.resolve("link.jsonl"), file);
    ShutdownJournal resumed = await(ShutdownJournal.resume(link, options));

    inUse(ShutdownJournal.resume(file, options));
    assertThat(isLocked()).isTrue();
    resumed.disposeLater().block(PATIENCE);
    await(ShutdownJournal.resume(file, options));
  }
}
