package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("guarantee:report-owner")
class CreatedFileTest {

  @TempDir private Path directory;

  private Path file() {
    assumeThat(FileStatus.isSupported(directory)).isTrue();
    return directory.resolve("created.part");
  }

  private static FileChannel create(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  @Test
  void fileThatIsStillThere_isAccepted() throws IOException {
    Path file = file();
    try (FileChannel channel = create(file)) {
      CreatedFile created = CreatedFile.of(channel, file);
      Files.writeString(file, "more");

      assertThatCode(created::requireUnchanged).doesNotThrowAnyException();
    }
  }

  @Test
  void linkToTheFileItself_isRefused() throws IOException {
    Path file = file();
    try (FileChannel channel = create(file)) {
      CreatedFile created = CreatedFile.of(channel, file);
      Path moved = Files.move(file, directory.resolve("moved"));
      Files.createSymbolicLink(file, moved);

      assertThatThrownBy(created::requireUnchanged).hasMessageContaining(" was replaced: ");
    }
  }

  @Test
  void nameOfAnotherFile_isNoticedByTheChannel() throws IOException {
    Path file = file();
    try (FileChannel channel = create(file)) {
      Files.move(file, directory.resolve("moved"));
      Files.writeString(file, "forged");

      assertThatThrownBy(() -> CreatedFile.of(channel, file))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("was replaced");
    }
  }
}
