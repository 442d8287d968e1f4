package io.fleetstop.fleet;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The file of a journal: created with access for its owner only, locked, read once and then
 * appended to. A file that anybody else can have written is refused. Not thread-safe; blocks.
 */
final class JournalFile implements JournalWriter.Storage {

  /** Much longer than any line that is written. */
  private static final int MAX_LINE = 1 << 16;

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  /**
   * The files that this process has open. The lock of the operating system belongs to the process
   * and is released when any channel to the file is closed, so a second channel must not be opened.
   */
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  /** Receives the lines of a file. */
  interface Reader {

    /**
     * Receives one line without its line feed.
     *
     * @param number the line number, starting at 1
     */
    void line(int number, byte[] line) throws IOException;
  }

  private final Path file;
  private final FileChannel channel;

  private JournalFile(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Creates the file, which must not exist. */
  static JournalFile create(Path file) throws IOException {
    Path real = resolveDirectory(file);
    return claim(
        real,
        () -> {
          FileChannel channel;
          try {
            channel =
                FileChannel.open(
                    real,
                    Set.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE),
                    ownerOnly(real));
          } catch (FileAlreadyExistsException e) {
            throw new IOException("it exists: resume its run, or name another file", e);
          }
          return locked(channel, () -> forceDirectoryEntry(real));
        });
  }

  /** Opens an existing file that the effective user owns and no other user can write to. */
  static JournalFile open(Path file) throws IOException {
    Path real = resolveDirectory(file);
    return claim(
        real,
        () -> {
          if (!FileStatus.isSupported(real)) {
            return locked(channelOf(real), () -> {});
          }
          FileStatus before = FileStatus.of(real);
          // Before it is opened, too: to open a named pipe would block.
          before.requireTrusted();
          FileChannel channel = channelOf(real);
          return locked(channel, () -> FileStatus.of(channel, real, before).requireTrusted());
        });
  }

  private static FileChannel channelOf(Path file) throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
  }

  // The last component stays as it is: a symbolic link there is refused, not followed.
  private static Path resolveDirectory(Path file) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path directory = absolute.getParent();
    return directory == null ? absolute : directory.toRealPath().resolve(absolute.getFileName());
  }

  private interface Opening {
    FileChannel open() throws IOException;
  }

  private interface Check {
    void run() throws IOException;
  }

  private static JournalFile claim(Path file, Opening opening) throws IOException {
    if (!OPEN.add(file)) {
      throw inUse();
    }
    try {
      return new JournalFile(file, opening.open());
    } catch (IOException | RuntimeException e) {
      OPEN.remove(file);
      throw e;
    }
  }

  private static FileChannel locked(FileChannel channel, Check check) throws IOException {
    try {
      check.run();
      if (channel.tryLock() == null) {
        throw inUse();
      }
      return channel;
    } catch (OverlappingFileLockException e) {
      channel.close();
      throw inUse();
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static IOException inUse() {
    return new IOException("it is in use by another run");
  }

  private static FileAttribute<?>[] ownerOnly(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
        : new FileAttribute<?>[0];
  }

  // A file is as durable as its entry in the directory.
  private static void forceDirectoryEntry(Path file) throws IOException {
    Path directory = file.getParent();
    if (directory == null || !Files.isReadable(directory)) {
      return;
    }
    try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
      entry.force(true);
    } catch (IOException e) {
      // Some platforms cannot open a directory; their entries need no force, or cannot be forced.
      return;
    }
  }

  /**
   * Reads every complete line.
   *
   * @return the bytes after the last line feed: a line that was not completely written
   */
  byte[] replay(Reader reader) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(MAX_LINE);
    byte[] line = new byte[MAX_LINE];
    int length = 0;
    int number = 0;
    channel.position(0);
    while (channel.read(chunk.clear()) >= 0) {
      chunk.flip();
      while (chunk.hasRemaining()) {
        byte next = chunk.get();
        if (next == '\n') {
          reader.line(++number, Arrays.copyOf(line, length));
          length = 0;
        } else if (length == MAX_LINE) {
          throw new IOException("line " + (number + 1) + " is too long");
        } else {
          line[length++] = next;
        }
      }
    }
    return Arrays.copyOf(line, length);
  }

  /** Removes the last {@code bytes} bytes and positions the file for appending. */
  void truncateBy(int bytes) throws IOException {
    if (bytes > 0) {
      channel.truncate(channel.size() - bytes);
      channel.force(true);
    }
    channel.position(channel.size());
  }

  @Override
  public void append(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void force() throws IOException {
    channel.force(false);
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      OPEN.remove(file);
    }
  }
}
