package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.junit.Child;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/** Which files are opened, by whom, and with which errors. */
class JournalOpeningTest extends JournalFixture {

  private final ShutdownOptions options =
      ShutdownOptions.builder().protectTag("").runId("night").build();

  private ShutdownJournal open() {
    return await(ShutdownJournal.create(file, options));
  }

  private ShutdownJournal resume() {
    return await(ShutdownJournal.resume(file, options));
  }

  private static void refused(ThrowingCallable action, String... words) {
    assertThatThrownBy(action)
        .isInstanceOfSatisfying(
            EcsException.class,
            e -> {
              assertThat(e.errorCode()).isEqualTo(ClientErrors.JOURNAL_FAILED);
              assertThat(e.detail()).contains(words);
            });
  }

  @Test
  void cancelAtLastStepOfOpening_unlocksFile() throws InterruptedException {
    Disposable.Swap subscription = Disposables.swap();
    CountDownLatch subscribed = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    Mono<ShutdownJournal> opening =
        FileJournal.onFile(
            file,
            () -> {
              ShutdownJournal journal =
                  Objects.requireNonNull(ShutdownJournal.create(file, options).block(PATIENCE));
              subscribed.await();
              subscription.dispose();
              cancelled.countDown();
              return journal;
            });

    subscription.update(opening.subscribe());
    subscribed.countDown();
    assertThat(cancelled.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

    Retry inAWhile = Retry.fixedDelay(500, Duration.ofMillis(10));
    assertThat(await(ShutdownJournal.resume(file, options).retryWhen(inAWhile))).isNotNull();
  }

  @Tag("guarantee:journal-owner")
  @Test
  void newFile_isAccessibleByOwnerOnly() throws IOException {
    assumeThat(directory.getFileSystem().supportedFileAttributeViews()).contains("posix");
    open();

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void refusedFile_keepsItsPermissions() throws IOException {
    assumeThat(directory.getFileSystem().supportedFileAttributeViews()).contains("posix");
    Files.writeString(file, "not a journal\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    refused(this::open, "it exists");

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-r--r--");
  }

  @Test
  void otherFile_isRefusedAndUnchanged() throws IOException {
    Files.writeString(file, "i-1");
    refused(this::resume, "it is not a journal of fleetstop");
    refused(this::open, "it exists");
    assertThat(Files.readString(file)).isEqualTo("i-1");
  }

  @Test
  void existingJournal_isNotOpenedAsNew() {
    open().disposeLater().block(PATIENCE);

    refused(this::open, file.toString(), "it exists: resume its run");
    assertThat(resume().state().completed()).isZero();
  }

  @Test
  void openJournal_isLockedForAllProcesses() throws Exception {
    ShutdownJournal journal = open();
    refused(this::resume, "it is in use by another run");
    refused(this::open, "it is in use by another run");
    Callable<Integer> fromOutside = () -> tryLockInAnotherProcess(file);
    assertThat(fromOutside.call()).isEqualTo(1);
    journal.disposeLater().block(PATIENCE);
    assertThat(fromOutside.call()).isZero();
    assertThat(resume().state().completed()).isZero();
  }

  private static int tryLockInAnotherProcess(Path file) throws Exception {
    ProcessBuilder probe =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            LockProbe.class.getName(),
            file.toString());
    return Child.run(probe, PATIENCE).exitCode();
  }

  /** Ends with 0 if it can lock a file, with 1 if another process has it. */
  static final class LockProbe {

    private LockProbe() {}

    public static void main(String[] args) throws IOException {
      try {
        JournalFile.open(Path.of(args[0])).close();
      } catch (IOException e) {
        System.exit(e.toString().contains("in use by another run") ? 1 : 2);
      }
    }
  }

  @Test
  void failedOpening_namesTheReason() throws IOException {
    refused(this::resume, "there is no such file or directory");
    file = directory.resolve("none").resolve("run.jsonl");
    refused(this::open, "there is no such file or directory");
    file = directory;
    refused(this::open, "cannot be used: it exists");
  }
}
