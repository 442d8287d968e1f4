package io.fleetstop.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SmallFileTest {

  @TempDir private Path directory;

  private Path file(int size) throws IOException {
    return Files.write(directory.resolve("file"), new byte[size]);
  }

  @Test
  void fileWithinItsBound_isRead() throws IOException {
    assertThat(SmallFile.read(file(SmallFile.MAX_TEXT), SmallFile.MAX_TEXT))
        .hasSize(SmallFile.MAX_TEXT);
  }

  @Test
  void largerFile_isRefused() throws IOException {
    Path large = file(SmallFile.MAX_TEXT + 1);
    assertThatThrownBy(() -> SmallFile.read(large, SmallFile.MAX_TEXT))
        .isInstanceOfSatisfying(
            FileSystemException.class,
            e ->
                assertThat(SmallFile.reason(e))
                    .isEqualTo("it has more than 1 MiB; name the right file"));
    assertThatThrownBy(() -> Pem.certificates(Files.write(large, new byte[9 << 20])))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining("it has more than 8 MiB");
  }

  @EnabledOnOs(OS.LINUX)
  @Test
  void deviceWithoutEnd_isRefused() {
    assertThatThrownBy(() -> SmallFile.read(Path.of("/dev/zero"), SmallFile.MAX_TEXT))
        .hasMessageContaining("it is not a regular file");
  }

  @Test
  void directory_isRefused() {
    assertThatThrownBy(() -> SmallFile.read(directory, SmallFile.MAX_TEXT))
        .isInstanceOfSatisfying(
            FileSystemException.class,
            e -> assertThat(SmallFile.reason(e)).isEqualTo("it is a directory; name a file in it"));
  }

  @Test
  void reason_quotesNoMessage() {
    assertThat(SmallFile.reason(new NoSuchFileException("x"))).isEqualTo("there is no such file");
    assertThat(SmallFile.reason(new AccessDeniedException("x"))).isEqualTo("it may not be read");
    assertThat(SmallFile.reason(new IOException("content"))).isEqualTo("IOException");
  }
}
