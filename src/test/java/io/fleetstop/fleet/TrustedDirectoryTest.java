package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** Directories in which another user could exchange a journal are refused. */
class TrustedDirectoryTest extends JournalFixture {

  private final ShutdownOptions options =
      ShutdownOptions.builder().protectTag("").runId("night").build();

  @BeforeEach
  void requirePosix() {
    assumeThat(FileStatus.isSupported(file)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "7, 0700, false",
    "7, 0755, false",
    "7, 0775, true",
    "7, 01777, false",
    "0, 0755, false",
    "0, 01777, false",
    "7, 01770, false"
  })
  void directoryOfUserOrRoot_isAccepted(int owner, String mode, boolean ownGroup) {
    assertThat(TrustedDirectory.reasonToRefuse(owner, 7, Integer.parseInt(mode, 8), ownGroup))
        .isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "8, 0700, false, belongs to user 8",
    "8, 01777, true, belongs to user 8",
    "7, 0775, false, is writable by others (mode 775)",
    "7, 0777, true, is writable by others (mode 777)",
    "0, 0777, true, is writable by others (mode 777)",
    "7, 02775, false, is writable by others (mode 2775)"
  })
  void directoryThatOthersMayChange_isRefused(
      int owner, String mode, boolean ownGroup, String reason) {
    assertThat(TrustedDirectory.reasonToRefuse(owner, 7, Integer.parseInt(mode, 8), ownGroup))
        .startsWith(reason)
        .contains("who can exchange the file: name a file in a directory of your own");
  }

  private static void refused(Mono<ShutdownJournal> opening, String words) {
    assertThatThrownBy(() -> opening.block(PATIENCE))
        .isInstanceOfSatisfying(
            EcsException.class,
            e -> {
              assertThat(e.errorCode()).isEqualTo(ClientErrors.JOURNAL_FAILED);
              assertThat(e.detail()).contains(words);
            });
  }

  @Tag("guarantee:journal-owner")
  @ParameterizedTest
  @ValueSource(ints = {0777, 0757})
  void journalInAWritableDirectory_isRefused(int mode) throws IOException {
    await(ShutdownJournal.create(file, options)).disposeLater().block(PATIENCE);
    byte[] before = Files.readAllBytes(file);
    Files.setAttribute(directory, "unix:mode", mode);
    Path other = directory.resolve("other.jsonl");

    refused(ShutdownJournal.resume(file, options), "is writable by others");
    refused(ShutdownJournal.create(other, options), "is writable by others");
    assertThat(file).hasBinaryContent(before);
    assertThat(other).doesNotExist();

    Files.setAttribute(directory, "unix:mode", mode | 01000);
    await(ShutdownJournal.resume(file, options));
  }

  @Tag("guarantee:journal-owner")
  @Test
  void journalInADirectoryOfAnotherUser_isRefused() throws IOException {
    assumeThat(FileStatus.effectiveUid()).as("only root can give directories away").isZero();
    await(ShutdownJournal.create(file, options)).disposeLater().block(PATIENCE);
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory);
    Files.setAttribute(directory, "unix:uid", 12_345);

    refused(ShutdownJournal.resume(file, options), "belongs to user 12345");
    refused(
        ShutdownJournal.resume(link.resolve(file.getFileName()), options),
        "its directory " + directory.toRealPath() + " belongs to user 12345");
    refused(
        ShutdownJournal.create(directory.resolve("other.jsonl"), options), "belongs to user 12345");
  }

  /** The directory that is checked is the one that is used, whatever the link refers to later. */
  @Tag("guarantee:journal-owner")
  @Test
  void linkThatChangesMeanwhile_isResolvedOnce() throws Exception {
    Path own = Files.createDirectory(directory.resolve("own"));
    Path open = Files.createDirectory(directory.resolve("open"));
    Files.setAttribute(open, "unix:mode", 0777);
    Path link = Files.createSymbolicLink(directory.resolve("link"), own);
    AtomicBoolean ended = new AtomicBoolean();
    Thread other =
        new Thread(
            () -> {
              for (int i = 0; !ended.get(); i++) {
                exchange(link, i % 2 == 0 ? open : own);
              }
            });
    other.start();
    try {
      for (int i = 0; i < 1_000; i++) {
        Path journal = link.resolve(i + ".jsonl");
        try {
          JournalFile.create(journal).close();
        } catch (IOException e) {
          assertThat(e).hasMessageContaining("is writable by others");
        }
      }
    } finally {
      ended.set(true);
      other.join();
    }
    assertThat(open).isEmptyDirectory();
    assertThat(own).isNotEmptyDirectory();
  }

  private static void exchange(Path link, Path target) {
    try {
      Path next = link.resolveSibling("next");
      Files.createSymbolicLink(next, target);
      Files.move(next, link, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void directoryOfThisProcess_isAccepted() {
    assertThatCode(() -> TrustedDirectory.resolve(directory)).doesNotThrowAnyException();
  }
}
