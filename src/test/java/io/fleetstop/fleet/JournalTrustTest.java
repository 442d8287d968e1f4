package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.JournalFormat.Header;
import io.fleetstop.model.InstanceId;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** Journals that another user wrote or can write are not trusted. */
class JournalTrustTest extends JournalFixture {

  private static final String HEADER =
      "{\"journal\":\"fleetstop\",\"version\":1,\"runId\":\"night\",\"forceStop\":false,"
          + "\"stoppedMode\":\"KeepCharging\",\"dryRun\":false";

  private final ShutdownOptions anyRun = ShutdownOptions.builder().protectTag("").build();

  @BeforeEach
  void requirePosix() {
    assumeThat(FileStatus.isSupported(file)).isTrue();
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

  private void writeJournal(Path to) throws IOException {
    Files.write(
        to,
        JournalFormat.toLine(
            new Header(Operation.STOP, "night", null, false, "KeepCharging", false)));
    Files.write(to, JournalFormat.toLine(intent("i-forged")), StandardOpenOption.APPEND);
    Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rw-------"));
  }

  /** Appends lines with valid checksums. */
  private void write(String... openLines) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String line : openLines) {
      byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
      text.append(line).append(JournalFormat.checksum(bytes, bytes.length)).append('\n');
    }
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  @Tag("guarantee:journal-owner")
  @ParameterizedTest
  @ValueSource(strings = {"rw--w----", "rw-----w-", "rw-rw-rw-"})
  void journalWritableByOthers_isRefused(String permissions) throws IOException {
    writeJournal(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));

    refused(ShutdownJournal.resume(file, anyRun), "others may write to it");
  }

  @Tag("guarantee:journal-owner")
  @Test
  void journalOfAnotherUser_isRefused() throws IOException {
    writeJournal(file);
    int uid = FileStatus.of(file).uid();
    assumeThat(uid).as("only root can give files away").isZero();
    Files.setAttribute(file, "unix:uid", 12_345);

    refused(ShutdownJournal.resume(file, anyRun), "it belongs to user 12345, not to 0");
  }

  @Test
  void statusOfAnotherUser_isNotTrusted() throws IOException {
    Files.createFile(file);
    int uid = FileStatus.of(file).uid();

    new FileStatus(uid, 0100600, "key").requireTrusted();
    assertThatThrownBy(() -> new FileStatus(uid + 1, 0100600, "key").requireTrusted())
        .hasMessageContaining("it belongs to user " + (uid + 1));
    assertThatThrownBy(() -> new FileStatus(uid, 0010600, "key").requireTrusted())
        .hasMessageContaining("it is not a regular file");
  }

  @Test
  void statusOfOpenFile_ignoresRenames() throws IOException {
    assumeThat(Path.of("/proc/self/fdinfo")).exists();
    writeJournal(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    FileStatus forged = FileStatus.of(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      Path mine = directory.resolve("mine");
      writeJournal(mine);
      Files.move(mine, file, StandardCopyOption.REPLACE_EXISTING);

      assertThat(FileStatus.of(channel, file, forged)).isEqualTo(forged);
      assertThat(channel.position()).isZero();
      FileStatus named = FileStatus.of(file);
      assertThatThrownBy(() -> FileStatus.of(channel, file, named))
          .hasMessage("it was replaced while it was opened");
    }
  }

  @Test
  void symbolicLink_isNotFollowed() throws IOException {
    Path target = directory.resolve("elsewhere.jsonl");
    writeJournal(target);
    Files.createSymbolicLink(file, target);
    byte[] before = Files.readAllBytes(target);

    refused(ShutdownJournal.resume(file, anyRun), "it is a symbolic link");
    refused(ShutdownJournal.create(file, anyRun), "it exists");
    assertThat(target).hasBinaryContent(before);
  }

  @Test
  void danglingLink_isNotCreatedThrough() throws IOException {
    Path target = directory.resolve("elsewhere.jsonl");
    Files.createSymbolicLink(file, target);

    refused(ShutdownJournal.create(file, anyRun), "it exists");
    assertThat(target).doesNotExist();
  }

  @Test
  void emptyFile_isNotAdopted() throws IOException {
    Files.createFile(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));

    refused(
        ShutdownJournal.create(file, anyRun), "it exists: resume its run, or name another file");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-rw-rw-");
    assertThat(file).isEmptyFile();
  }

  @Test
  void directory_isNoJournal() {
    file = directory;
    refused(ShutdownJournal.resume(file, anyRun), "it is not a regular file");
    refused(ShutdownJournal.create(file, anyRun), "it exists");
  }

  @Test
  void idsThatOnlyTheJournalNames_areListed() throws IOException {
    writeJournal(file);

    ShutdownJournal journal = await(ShutdownJournal.resume(file, anyRun));
    assertThat(journal.state().incompleteExcept(Set.of(InstanceId.of("i-named"))))
        .containsExactly(InstanceId.of("i-forged"));
    assertThat(journal.state().incompleteExcept(Set.of(InstanceId.of("i-forged")))).isEmpty();
  }

  @Test
  void duplicateKey_isRefused() throws IOException {
    write(HEADER, "{\"event\":\"intent\",\"instanceId\":\"i-1\",\"instanceId\":\"i-2\"");
    refused(
        ShutdownJournal.resume(file, anyRun),
        "line 2 cannot be read: it is not one JSON object with distinct keys");
    write(HEADER.replace("{", "{\"dryRun\":true,"));
    refused(ShutdownJournal.resume(file, anyRun), "line 1 cannot be read: it is not one JSON");
    write(HEADER + ",\"dryRun\":true");
    refused(ShutdownJournal.resume(file, anyRun), "line 1 cannot be read: it is not one JSON");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"runId\":\"night\" > \"runId\":\"\"",
        "\"runId\":\"night\" > \"runId\":\"  \"",
        "\"runId\":\"night\" > \"runId\":7",
        "\"runId\":\"night\" > \"scope\":\"\",\"runId\":\"night\"",
        "\"runId\":\"night\",  > ",
        "KeepCharging > KeepBurning",
        "\"dryRun\":false > \"dryRun\":\"false\"",
        "\"forceStop\":false, > ",
        "\"version\":1 > \"version\":\"1\"",
        "\"version\":1 > \"version\":4294967297",
        "\"version\":1 > \"version\":1.0",
      })
  void headerWithInvalidField_isRefused(String change) throws IOException {
    String[] parts = change.split(" > ", 2);
    String changed = HEADER.replace(parts[0].strip(), parts[1].strip());
    assertThat(changed).isNotEqualTo(HEADER);
    write(changed);

    refused(ShutdownJournal.resume(file, anyRun), "line 1 cannot be read: ");
  }

  @Test
  void headerWithLongRunId_isRefused() throws IOException {
    write(HEADER.replace("night", "n".repeat(129)));

    refused(ShutdownJournal.resume(file, anyRun), "its runId must have 1 to 128 characters");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"outcome\":\"GONE\",\"final\":true",
        "\"outcome\":\"STOPPED\",\"final\":1",
        "\"outcome\":\"SKIPPED\",\"final\":true",
        "\"outcome\":\"UNCONFIRMED\",\"final\":true",
        "\"outcome\":\"FAILED\",\"final\":true,\"errorCode\":{}",
        "\"outcome\":\"FAILED\",\"final\":true,\"refused\":\"no\"",
        "\"outcome\":null,\"final\":true",
        "\"outcome\":\"STOPPED\",\"final\":true,\"at\":\"+1000000000-12-31T23:59:59Z\"",
        "\"outcome\":\"STOPPED\",\"final\":true,\"at\":\"-0001-01-01T00:00:00Z\"",
        "\"outcome\":\"STOPPED\",\"final\":true,\"elapsedMillis\":9223372036854775807",
        "\"outcome\":\"STOPPED\",\"final\":true,\"elapsedMillis\":-1",
        "\"outcome\":\"STOPPED\",\"final\":true,\"attempts\":\"many\"",
      })
  void outcomeWithInvalidField_isRefused(String fields) throws IOException {
    write(HEADER, "{\"event\":\"outcome\",\"instanceId\":\"i-1\"," + fields);

    refused(ShutdownJournal.resume(file, anyRun), "line 2 cannot be read: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "9223372036854775807", "1e300", "\"1\""})
  void batchWithInvalidNumber_isRefused(String number) throws IOException {
    write(
        HEADER,
        "{\"event\":\"batch\",\"number\":" + number + ",\"token\":\"t\",\"instanceIds\":[\"i-1\"]");

    refused(ShutdownJournal.resume(file, anyRun), "line 2 cannot be read: its field \"number\"");
  }

  /** A start acts on what the journal names; to show it is harmless. */
  @Tag("guarantee:journal-owner")
  @Test
  void journalThatOthersCanHaveWritten_isShownButNotStarted() throws IOException {
    writeJournal(file);
    assertThat(JournaledRun.readOwn(file).blockOptional(PATIENCE)).isPresent();
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));

    assertThat(JournaledRun.read(file).blockOptional(PATIENCE)).isPresent();
    assertThatThrownBy(() -> JournaledRun.readOwn(file).block(PATIENCE))
        .isInstanceOf(EcsException.class)
        .hasMessageContaining("others may write to it");
  }

  @Tag("guarantee:journal-owner")
  @Test
  void linkToAJournal_isNotStarted() throws IOException {
    writeJournal(file);
    Path link = Files.createSymbolicLink(file.resolveSibling("link"), file);
    assertThatThrownBy(() -> JournaledRun.readOwn(link).block(PATIENCE))
        .hasMessageContaining("symbolic link");
  }
}
