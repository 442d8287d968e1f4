package io.fleetstop.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.assertj.core.api.Assumptions.assumeThatCode;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.scheduler.Schedulers;

class HtmlReportWriterTest {

  @TempDir private Path directory;
  private Path file = Path.of("");

  @BeforeEach
  void nameTheFile() {
    file = directory.resolve("report.html");
  }

  private void write(String runId) throws IOException {
    Pages.write(
        file,
        List.of(Pages.outcome("i-1", "STOPPED", null, null, 1)),
        Pages.run(runId, Map.of("STOPPED", 1L), List.of()),
        Pages.calls(1));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.toList();
    }
  }

  @Test
  void report_isOwnerOnlyAndLeavesNoOtherFile() throws IOException {
    write("one");

    assertThat(files()).containsExactly(file);
    assumeThat(file.getFileSystem().supportedFileAttributeViews()).contains("posix");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void existingReport_isReplacedOnlyWhenComplete() throws IOException {
    write("one");
    String one = Files.readString(file);
    try (HtmlReportWriter two = Pages.open(file)) {
      two.add(Pages.outcome("i-2", "STOPPED", null, null, 1));
      assertThat(Files.readString(file)).isEqualTo(one);
      two.finish(Pages.run("two", Map.of("STOPPED", 1L), List.of()), Pages.calls(1));
    }

    assertThat(Pages.data(file, "run-data").get("runId").asString()).isEqualTo("two");
    assertThat(Pages.data(file, "outcome-data").get(0).get("instanceId").asString())
        .isEqualTo("i-2");
    assertThat(files()).containsExactly(file);
  }

  @Test
  void unfinishedReport_leavesNothing() throws IOException {
    try (HtmlReportWriter report = Pages.open(file)) {
      report.add(Pages.outcome("i-1", "STOPPED", null, null, 1));
      assertThat(files()).hasSize(1).doesNotContain(file);
    }

    assertThat(files()).isEmpty();
  }

  private Path leftOver(String text, Duration age) throws IOException {
    Path part = directory.resolve(".fleetstop-report-" + UUID.randomUUID() + ".part");
    Files.writeString(part, text);
    long now = Schedulers.parallel().now(TimeUnit.MILLISECONDS);
    return Files.setLastModifiedTime(part, FileTime.fromMillis(now - age.toMillis()));
  }

  @Test
  void reportOfAKilledProcess_isDeletedByTheNext() throws IOException {
    leftOver("<!doctype html>", Duration.ofMinutes(1));
    Path fresh = leftOver("<!doctype html>", Duration.ZERO);
    Path complete = leftOver(HtmlReportWriter.ReportPage.END, Duration.ofMinutes(1));

    write("one");

    assertThat(files()).containsExactlyInAnyOrder(file, fresh, complete);
  }

  @Test
  void directoryThatBecomesUnreadable_isAnOrdinaryFailure() {
    IOException cause = new IOException("Input/output error");
    Iterable<Path> parts =
        () -> {
          throw new DirectoryIteratorException(cause);
        };
    assertThatThrownBy(() -> UnfinishedReports.delete(parts, file)).isSameAs(cause);
  }

  @Tag("guarantee:report-owner")
  @Test
  void filesOfAnotherUser_areNotOpened() throws IOException {
    Path part = leftOver("<!doctype html>", Duration.ofMinutes(1));
    assumeThatCode(() -> Files.setAttribute(part, "unix:uid", 65_534)).doesNotThrowAnyException();
    write("one");
    assertThat(files()).containsExactlyInAnyOrder(file, part);

    Files.setAttribute(file, "unix:uid", 65_534);
    assertThatThrownBy(() -> write("two"))
        .hasMessage("it exists and belongs to another user: name another file");
  }

  @Test
  void reportOfALivingProcess_isKept() throws IOException {
    try (HtmlReportWriter living = Pages.open(directory.resolve("living.html"))) {
      Path part = files().get(0);
      long now = Schedulers.parallel().now(TimeUnit.MILLISECONDS);
      Files.setLastModifiedTime(part, FileTime.fromMillis(now - 60_000));

      write("one");

      assertThat(files()).containsExactlyInAnyOrder(file, part);
      living.finish(Pages.run("two", Map.of(), List.of()), Pages.calls(1));
    }
  }

  @Test
  void otherFile_isNotReplaced() throws IOException {
    Files.writeString(file, "<!doctype html>\n<p>Mine");

    assertThatThrownBy(() -> Pages.open(file))
        .isInstanceOf(IOException.class)
        .hasMessage("it exists and is not a report of fleetstop: name another file");
    assertThat(files()).containsExactly(file);
    assertThat(file).hasContent("<!doctype html>\n<p>Mine");
  }

  @Test
  void fileCreatedMeanwhile_isNotReplaced() throws IOException {
    try (HtmlReportWriter report = Pages.open(file)) {
      Files.writeString(file, "mine");

      assertThatThrownBy(() -> report.finish(Pages.run("one", Map.of(), List.of()), Pages.calls(1)))
          .hasMessageContaining("left in")
          .hasMessageContaining("is not a report of fleetstop");
    }

    assertThat(file).hasContent("mine");
  }

  @Test
  void emptyFile_isNotReplaced() throws IOException {
    Files.createFile(file);

    assertThatThrownBy(() -> Pages.open(file))
        .hasMessage("it exists and is not a report of fleetstop: name another file");
    assertThat(files()).containsExactly(file);
    assertThat(file).isEmptyFile();
  }

  @Test
  void symbolicLink_isNotFollowed() throws IOException {
    write("one");
    String one = Files.readString(file);
    Path link = Files.createSymbolicLink(directory.resolve("latest.html"), file);
    Path dangling =
        Files.createSymbolicLink(directory.resolve("new.html"), directory.resolve("target.html"));

    for (Path each : List.of(link, dangling)) {
      assertThatThrownBy(() -> Pages.open(each))
          .hasMessage("it is a symbolic link: name the file itself");
    }
    assertThat(file).hasContent(one);
    assertThat(directory.resolve("target.html")).doesNotExist();
    assertThat(files()).hasSize(3);
  }

  @Tag("guarantee:report-owner")
  @Test
  void worldReadableReport_isReplacedByOwnerOnly() throws IOException {
    assumeThat(file.getFileSystem().supportedFileAttributeViews()).contains("posix");
    write("one");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    try (HtmlReportWriter two = Pages.open(file)) {
      for (Path part : files()) {
        if (part.toString().endsWith(".part")) {
          assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(part)))
              .isEqualTo("rw-------");
        }
      }
      assertThat(files()).hasSize(2);
      two.finish(Pages.run("two", Map.of(), List.of()), Pages.calls(1));
    }

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void directory_hasItsOwnMessageWhenExistingOrMissing() {
    assertThatThrownBy(() -> Pages.open(directory)).hasMessage("it is a directory: name a file");
    assertThatThrownBy(() -> Pages.open(directory.resolve("no/report.html")))
        .hasMessage(
            "there is no directory " + directory.resolve("no") + ": create it, or name another");
  }

  @Test
  void failedRename_keepsAndNamesTheTemporaryFile() throws IOException {
    try (HtmlReportWriter report = Pages.open(file)) {
      Files.createDirectories(file.resolve("occupied"));

      assertThatThrownBy(() -> report.finish(Pages.run("one", Map.of(), List.of()), Pages.calls(1)))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("it is complete, but was left in " + directory);
    }

    Path left = files().stream().filter(Files::isRegularFile).findFirst().orElseThrow();
    assertThat(Pages.data(left, "run-data").get("runId").asString()).isEqualTo("one");
  }

  private void exchangeDirectory(int mode) throws IOException {
    Path own = directory.resolveSibling(directory.getFileName() + "-own");
    List<Path> parts = files();
    Files.move(directory, own);
    Files.createDirectory(directory);
    for (Path part : parts) {
      Files.writeString(part, "forged");
    }
    Files.setAttribute(directory, "unix:mode", mode);
    for (Path part : parts) {
      Files.delete(own.resolve(part.getFileName()));
    }
    Files.delete(own);
  }

  /** The owner of a directory above puts another one in the place of that of the report. */
  @Tag("guarantee:report-owner")
  @ParameterizedTest
  @CsvSource({"0700, was replaced", "01777, was replaced", "0777, is writable by others"})
  void exchangedDirectory_isNoticedBeforeTheMove(String mode, String reason) throws IOException {
    assumeThat(file.getFileSystem().supportedFileAttributeViews()).contains("unix");
    try (HtmlReportWriter report = Pages.open(file)) {
      exchangeDirectory(Integer.parseInt(mode, 8));

      assertThatThrownBy(() -> report.finish(Pages.run("one", Map.of(), List.of()), Pages.calls(1)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(reason);
      assertThat(file).doesNotExist();
    }
  }

  @Tag("guarantee:report-owner")
  @Test
  void temporaryFileThatIsGone_isNoticedBeforeTheMove() throws IOException {
    assumeThat(file.getFileSystem().supportedFileAttributeViews()).contains("unix");
    try (HtmlReportWriter report = Pages.open(file)) {
      Files.delete(files().get(0));

      assertThatThrownBy(() -> report.finish(Pages.run("one", Map.of(), List.of()), Pages.calls(1)))
          .hasMessageStartingWith("its temporary file ")
          .hasMessageContaining(" was replaced: another user may change a directory above");
    }
    assertThat(files()).isEmpty();
  }

  /** Another user of the directory replaces each file that appears there by a link. */
  @Tag("guarantee:report-owner")
  @Test
  void linkInPlaceOfTheNewFile_isNotFollowed() throws Exception {
    Path victim = Files.writeString(Files.createTempFile("fleetstop", ".txt"), "untouched");
    AtomicBoolean ended = new AtomicBoolean();
    Thread other =
        new Thread(
            () -> {
              while (!ended.get()) {
                String[] names = directory.toFile().list();
                for (String name : names == null ? new String[0] : names) {
                  try {
                    Path link = directory.resolve(name);
                    Files.deleteIfExists(link);
                    Files.createSymbolicLink(link, victim);
                  } catch (IOException e) {
                    // The report is faster this time.
                  }
                }
              }
            });
    other.start();
    try {
      for (int i = 0; i < 300; i++) {
        try {
          Pages.open(directory.resolve("report-" + i + ".html")).close();
        } catch (IOException e) {
          assertThat(e).hasMessageContaining("was replaced");
        }
      }
    } finally {
      ended.set(true);
      other.join();
    }
    assertThat(victim).hasContent("untouched");
    Files.delete(victim);
  }
}
