package io.fleetstop.cli.output;

import io.fleetstop.credentials.SecretMask;
import io.fleetstop.fleet.CreatedFile;
import io.fleetstop.fleet.TrustedDirectory;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A log file, created with access for its owner only. A full file, and that of an earlier run, is
 * renamed to {@code FILE.1}, and so on up to {@code FILE.4}. The handlers of {@code
 * java.util.logging} and others rotate too, but create files that everybody may read, and follow
 * links. Not thread-safe; blocks.
 */
final class LogFile implements AutoCloseable {

  /** The first line, which distinguishes a log from any other file. */
  static final String MARK = "# fleetstop log\n";

  static final long MAX_BYTES = 10L << 20;

  private static final int OLDER = 4;

  private final Path file;
  private final long maxBytes;
  private OutputStream out = OutputStream.nullOutputStream();
  private long written;

  private LogFile(Path file, long maxBytes) {
    this.file = file;
    this.maxBytes = maxBytes;
  }

  /**
   * Starts a log.
   *
   * @throws IOException if it cannot be created, or if the file exists and is not a log; the
   *     message names the reason
   */
  static LogFile open(Path file, long maxBytes) throws IOException {
    LogFile log = new LogFile(placeOf(file), maxBytes);
    log.next();
    return log;
  }

  private static Path placeOf(Path file) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path directory = absolute.getParent();
    return directory != null && Files.isDirectory(directory)
        ? TrustedDirectory.resolve(directory).resolve(absolute.getFileName())
        : absolute;
  }

  // Before each rotation: who may change a directory above can exchange the directory meanwhile.
  private void requireOwn() throws IOException {
    if (!placeOf(file).equals(file)) {
      throw new IOException(
          "its directory was replaced by a link: another user may change a directory above, so name"
              + " a file below a directory of your own");
    }
    requireLog(file);
    for (int i = 1; i <= OLDER; i++) {
      requireLog(older(i));
    }
  }

  // A mistyped option must not rename another file away.
  private static void requireLog(Path file) throws IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    byte[] mark = MARK.getBytes(StandardCharsets.UTF_8);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(file.getFileName() + " is not a regular file: name another file");
    }
    if (!CreatedFile.isOwn(file)) {
      throw new IOException(
          file.getFileName() + " belongs to another user: name a file in a directory of your own");
    }
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      if (!Arrays.equals(in.readNBytes(mark.length), mark)) {
        throw new IOException(
            file.getFileName() + " exists and is not a log of fleetstop: name another file");
      }
    }
  }

  private void next() throws IOException {
    out.close();
    requireOwn();
    for (int i = OLDER; i > 0; i--) {
      Path newer = i == 1 ? file : older(i - 1);
      if (Files.exists(newer, LinkOption.NOFOLLOW_LINKS)) {
        Files.move(newer, older(i), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    out = new BufferedOutputStream(Channels.newOutputStream(created()));
    written = 0;
    append(MARK);
    // Also the log of a process that is killed before its first line is one.
    out.flush();
  }

  private Path older(int number) {
    return file.resolveSibling(file.getFileName() + "." + number);
  }

  // Opened by the call that creates it, which follows no link.
  private FileChannel created() throws IOException {
    return FileChannel.open(
        file,
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
        CreatedFile.ownerOnly(file));
  }

  /** Writes a line without its secrets, escaped, to a new file if this one is full. */
  void line(String line) throws IOException {
    if (written > maxBytes) {
      next();
    }
    append(printable(SecretMask.named(line)) + "\n");
    out.flush();
  }

  /** Libraries log what a peer sends; a pager would pass it on to the terminal. */
  private static String printable(String line) {
    return Arrays.stream(line.split("\t", -1))
        .map(TerminalText::escape)
        .collect(Collectors.joining("\t"));
  }

  private void append(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.write(bytes);
    written += bytes.length;
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
