package io.fleetstop.cli.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThatCode;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rotation and masking of the log file, and what {@code --verbose} shows of it. */
class LogRotationTest {

  @TempDir private Path directory;

  @Test
  void fullLog_isRenamed_andTheOldestIsDropped() throws IOException {
    Path file = directory.resolve("run.log");
    try (LogFile log = LogFile.open(file, 100)) {
      for (int i = 0; i < 60; i++) {
        log.line("line " + i + " of a log that is rotated");
      }
    }

    assertThat(Files.readString(file)).startsWith(LogFile.MARK).contains("line 59 ");
    assertThat(directory.resolve("run.log.4")).exists();
    assertThat(directory.resolve("run.log.5")).doesNotExist();
    try (var files = Files.list(directory)) {
      assertThat(files).allSatisfy(each -> assertThat(Files.size(each)).isLessThan(200));
    }
  }

  /** A directory above may belong to another user, who exchanges the directory for a link. */
  @Test
  void logOfAProcessThatWasKilledBeforeItsFirstLine_isReplaced() throws IOException {
    Path file = directory.resolve("run.log");
    LogFile killed = LogFile.open(file, 100);

    try (LogFile log = LogFile.open(file, 100)) {
      log.line("next");
    }
    killed.close();

    assertThat(file).content().startsWith(LogFile.MARK).contains("next");
  }

  @Test
  void fileBehindAnExchangedDirectory_isNotRotated() throws IOException {
    Path own = Files.createDirectory(directory.resolve("own"));
    Path others = Files.createDirectory(directory.resolve("others"));
    Files.writeString(others.resolve("syslog"), "others wrote this");
    try (LogFile log = LogFile.open(own.resolve("syslog"), 10)) {
      Files.move(own, directory.resolve("away"));
      Files.createSymbolicLink(own, others);

      assertThatThrownBy(() -> log.line("more than ten bytes"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("its directory was replaced by a link");
    }

    assertThat(others.resolve("syslog")).hasContent("others wrote this");
    assertThat(others.resolve("syslog.1")).doesNotExist();
  }

  @Test
  void fileThatIsNoLogAtTheNextRotation_isNotRenamed() throws IOException {
    Path file = directory.resolve("run.log");
    try (LogFile log = LogFile.open(file, 10)) {
      Files.delete(file);
      Files.writeString(file, "a letter");

      assertThatThrownBy(() -> log.line("more than ten bytes"))
          .hasMessageContaining("run.log exists and is not a log of fleetstop");
    }

    assertThat(file).hasContent("a letter");
  }

  @Test
  void logOfAnotherUser_isNotRenamed() throws IOException {
    Path file = directory.resolve("run.log");
    Files.writeString(file, LogFile.MARK);
    assumeThatOwnerCanBeSet(file);

    assertThatThrownBy(() -> LogFile.open(file, 10))
        .hasMessageContaining("run.log belongs to another user");
    assertThat(directory.resolve("run.log.1")).doesNotExist();
  }

  private static void assumeThatOwnerCanBeSet(Path file) {
    assumeThatCode(() -> Files.setAttribute(file, "unix:uid", 65_534)).doesNotThrowAnyException();
  }

  @Test
  @Tag("guarantee:masking")
  void secrets_areMasked() throws IOException {
    Path file = directory.resolve("run.log");
    try (LogFile log = LogFile.open(file, 10_000)) {
      log.line("POST /token refresh_token=abc&a=b {Set-Cookie=[session=def; Path=/]}");
    }

    assertThat(Files.readString(file))
        .isEqualTo(LogFile.MARK + "POST /token refresh_token=***&a=b {Set-Cookie=[***]}\n");
  }

  @Test
  void verbose_showsOwnEntriesOnly() throws IOException {
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(shown, true, StandardCharsets.UTF_8);
    Path file = directory.resolve("run.log");
    try (LogFile log = LogFile.open(file, 10_000);
        PrintStream split =
            new PrintStream(
                new Logging.Lines(new Logging.Split(log, file, true, err)),
                true,
                StandardCharsets.UTF_8)) {
      split.print("2026-11-29T10:00:01.500Z [main] [DEBUG] io.netty.Something - hidden\n");
      split.print("2026-11-29T10:00:02.500Z [main] [INFO] io.fleetstop.cli.Main - shown\n");
      split.print("java.io.IOException: of a stack trace\n");
    }

    assertThat(shown.toString(StandardCharsets.UTF_8))
        .isEqualTo("10:00:02.500 [INFO] io.fleetstop.cli.Main - shown\n");
    assertThat(Files.readString(file)).contains("hidden", "shown", "of a stack trace");
  }

  /** Netty and others log what a peer sends. */
  @Test
  @Tag("guarantee:terminal-escape")
  void controlSequences_areEscaped_andTabsKept() throws IOException {
    Path file = directory.resolve("run.log");
    try (LogFile log = LogFile.open(file, 10_000)) {
      log.line("\tat a \u001b]52;c;eA==\u0007\r");
    }
    assertThat(Files.readString(file))
        .isEqualTo(LogFile.MARK + "\tat a \\u001b]52;c;eA==\\u0007\\u000d\n");
  }
}
