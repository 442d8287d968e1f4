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
 * example to a disk image or a device without an end, does not exhaust the memory.
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
   * @throws FileSystemException with a reason that {@link #reason} returns, if it is larger
   * @throws IOException if it cannot be read
   */
  public static byte[] read(Path file, int maxBytes) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      // Not the size that the file system states: a device and a pipe have none.
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
