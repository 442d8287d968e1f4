package io.fleetstop.fleet;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A file that this process created and is going to use by its name. A user who may change a
 * directory above can exchange the directory of the file, and so what the name refers to.
 */
public final class CreatedFile {

  private final Path directory;
  private final Path file;
  private final @Nullable FileStatus status;

  private CreatedFile(Path directory, Path file, @Nullable FileStatus status) {
    this.directory = directory;
    this.file = file;
    this.status = status;
  }

  /**
   * Remembers the file that a channel has created.
   *
   * @param channel the channel, which is at position 0 afterwards
   * @throws IOException if the name refers to another file already
   */
  public static CreatedFile of(FileChannel channel, Path file) throws IOException {
    Path directory = Objects.requireNonNull(file.toAbsolutePath().getParent(), "directory");
    if (!FileStatus.isSupported(file)) {
      return new CreatedFile(directory, file, null);
    }
    try {
      FileStatus named = FileStatus.of(file);
      return new CreatedFile(directory, file, FileStatus.of(channel, file, named));
    } catch (NoSuchFileException e) {
      throw replaced(file);
    }
  }

  /**
   * Returns the attributes with which a file is created for its owner only; none on a file system
   * without POSIX modes.
   */
  public static FileAttribute<?>[] ownerOnly(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  /**
   * Whether an existing file belongs to the user of this process. It is not opened: its owner could
   * make that wait. A link is not followed. A file system without POSIX modes passes.
   *
   * @throws IOException if there is no such file, or its status cannot be read
   */
  public static boolean isOwn(Path file) throws IOException {
    return !FileStatus.isSupported(file) || FileStatus.of(file).uid() == FileStatus.effectiveUid();
  }

  /**
   * Requires that the name still refers to the file, in a directory that {@link TrustedDirectory}
   * accepts. A file system without POSIX modes passes.
   *
   * @throws IOException if it does not; the message names the reason
   */
  public void requireUnchanged() throws IOException {
    try {
      TrustedDirectory.resolve(directory);
    } catch (NoSuchFileException e) {
      // Its message is the path alone.
      throw new IOException("there is no such directory any more: " + directory, e);
    }
    if (status != null && !isUnchanged(status)) {
      throw replaced(file);
    }
  }

  private boolean isUnchanged(FileStatus created) throws IOException {
    try {
      return FileStatus.of(file).key().equals(created.key());
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static IOException replaced(Path file) {
    return new IOException(
        "its temporary file "
            + file
            + " was replaced: another user may change a directory above, so name a file below a"
            + " directory of your own");
  }
}
