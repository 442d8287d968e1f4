package io.fleetstop.transport;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads a configuration file as a whole, up to a size that no valid one has. A wrong path, for
 * example to a disk image, a device without an end or a pipe without a writer, neither exhausts the
 * memory nor waits forever.
 */
public final class SmallFile {

  /** The maximum size of a text: a configuration, a token or a list of regions. */
  public static final int MAX_TEXT = 1 << 20;

  /** The maximum size of certificates: some hundred kilobytes hold those of every public issuer. */
  static final int MAX_CERTIFICATES = 8 << 20;

  private SmallFile() {}

  /**
   * Reads a file on the calling thread.
   *
   * @param maxBytes the maximum size
   * @throws FileSystemException with a reason that {@link #reason} returns, if it is larger, or not
   *     a regular file
   * @throws IOException if it cannot be read
   */
  public static byte[] read(Path file, int maxBytes) throws IOException {
    // To open a named pipe would block until it has a writer.
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new FileSystemException(
          file.toString(),
          null,
          Files.isDirectory(file)
              ? "it is a directory; name a file in it"
              : "it is not a regular file; copy its content to one, and name that");
    }
    try (InputStream in = Files.newInputStream(file)) {
      // Not the size that the file system states: files below /proc have none.
      byte[] bytes = in.readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) {
        throw new FileSystemException(
            file.toString(),
            null,
            "it has more than " + (maxBytes >> 20) + " MiB; name the right file");
      }
      return bytes;
    }
  }

  /** Returns why a file cannot be read. Quotes nothing of its content. */
  public static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file";
    }
    if (e instanceof AccessDeniedException) {
      return "it may not be read";
    }
    String reason = e instanceof FileSystemException known ? known.getReason() : null;
    return reason == null ? e.getClass().getSimpleName() : reason;
  }
}
