package io.fleetstop.fleet;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The file of a journal: created for its owner alone, locked, read once and then appended to. */
final class JournalFile implements JournalWriter.Storage {

  /** Far more than the longest line that is ever written. */
  private static final int MAX_LINE = 1 << 16;

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  /**
   * The files that this process has open. The lock of the operating system belongs to the process
   * and is lost when any channel to the file is closed, so that a second one must not be opened.
   */
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  /** What takes the lines of a file. */
  interface Reader {

    /** Takes a line, counted from 1, without its line feed. */
    void line(int number, byte[] line) throws IOException;
  }

  private final Path file;
  private final FileChannel channel;

  private JournalFile(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Creates the file, or opens an empty one. */
  static JournalFile openNew(Path file) throws IOException {
    create(file);
    JournalFile opened = open(file);
    try {
      if (opened.channel.size() > 0) {
        throw new IOException("it is not empty: resume its run, or name another file");
      }
      opened.restrictToOwner();
      return opened;
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  // One that was there may be for others to read; one of somebody else's cannot be changed.
  private void restrictToOwner() throws IOException {
    if (isPosix(file)) {
      try {
        Files.setPosixFilePermissions(file, OWNER_ONLY);
      } catch (IOException e) {
        throw new IOException("it cannot be kept from others: it is not yours", e);
      }
    }
  }

  private static boolean isPosix(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  /** Opens a file that exists. */
  static JournalFile open(Path file) throws IOException {
    Path real = file.toRealPath();
    if (!OPEN.add(real)) {
      throw inUse();
    }
    try {
      return new JournalFile(real, openLocked(real));
    } catch (IOException | RuntimeException e) {
      OPEN.remove(real);
      throw e;
    }
  }

  private static FileChannel openLocked(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
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

  private static void create(Path file) throws IOException {
    try {
      FileChannel.open(
              file,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              ownerOnly(file))
          .close();
    } catch (FileAlreadyExistsException e) {
      return;
    }
    forceDirectoryEntry(file);
  }

  private static FileAttribute<?>[] ownerOnly(Path file) {
    return isPosix(file)
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
        : new FileAttribute<?>[0];
  }

  // A file is as durable as its entry in the directory.
  private static void forceDirectoryEntry(Path file) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null || !Files.isReadable(directory)) {
      return;
    }
    try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
      entry.force(true);
    } catch (IOException e) {
      // Some platforms cannot open a directory; theirs are durable without, or cannot be made so.
      return;
    }
  }

  /**
   * Reads every whole line.
   *
   * @return what follows the last one: what a process was writing when it ended
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

  /** Cuts off so many bytes at the end, and leaves the file ready to be appended to. */
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
