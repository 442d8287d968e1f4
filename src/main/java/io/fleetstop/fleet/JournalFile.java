package io.fleetstop.fleet;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The file of a journal: created with access for its owner only, locked, read once and then
 * appended to. A file that anybody else can have written is refused. Not thread-safe; blocks.
 */
final class JournalFile implements JournalWriter.Storage {

  /** Much longer than any line that is written. */
  private static final int MAX_LINE = 1 << 16;

  /**
   * The identities of the files that this process has open. The lock of the operating system
   * belongs to the process and is released when any channel to the file is closed, so a second
   * channel must not be opened, under any name of the file.
   */
  private static final Map<Object, JournalFile> OPEN = new HashMap<>();

  /** Held while a file is opened or closed, so that two names of one file cannot be opened. */
  private static final Object OPENING = new Object();

  /** Receives the lines of a file. */
  interface Reader {

    /** Receives one line without its line feed. */
    void line(byte[] line) throws IOException;
  }

  private final Path file;
  private final Object identity;
  private final FileChannel channel;

  private JournalFile(Path file, Object identity, FileChannel channel) {
    this.file = file;
    this.identity = identity;
    this.channel = channel;
  }

  /** Creates the file, which must not exist, in a directory that no other user can change. */
  static JournalFile create(Path file) throws IOException {
    Path real = resolveDirectory(file);
    synchronized (OPENING) {
      return locked(
          real,
          newChannelOf(real),
          () -> {
            forceDirectoryEntry(real);
            return identityOf(real);
          });
    }
  }

  /**
   * Opens an existing file that the effective user owns and no other user can write to or exchange.
   */
  static JournalFile open(Path file) throws IOException {
    Path real = resolveDirectory(file);
    synchronized (OPENING) {
      Object identity = identityOf(real);
      if (OPEN.containsKey(identity)) {
        throw inUse();
      }
      if (!FileStatus.isSupported(real)) {
        return locked(real, channelOf(real), () -> identity);
      }
      FileStatus before = FileStatus.of(real);
      // Before it is opened, too: to open a named pipe would block.
      before.requireTrusted();
      FileChannel channel = channelOf(real);
      return locked(
          real,
          channel,
          () -> {
            FileStatus.of(channel, real, before).requireTrusted();
            return identity;
          });
    }
  }

  /** Returns what all names of the file have in common. */
  private static Object identityOf(Path file) throws IOException {
    return FileStatus.isSupported(file) ? FileStatus.of(file).key() : file;
  }

  private static FileChannel newChannelOf(Path file) throws IOException {
    try {
      return FileChannel.open(
          file,
          Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
          CreatedFile.ownerOnly(file));
    } catch (FileAlreadyExistsException e) {
      if (OPEN.containsKey(identityOf(file))) {
        throw inUse();
      }
      throw new IOException("it exists: resume its run, or name another file", e);
    }
  }

  private static FileChannel channelOf(Path file) throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
  }

  // The last component stays as it is: a symbolic link there is refused, not followed.
  private static Path resolveDirectory(Path file) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path directory = absolute.getParent();
    if (directory == null) {
      return absolute;
    }
    return TrustedDirectory.resolve(directory).resolve(absolute.getFileName());
  }

  private interface IdentityCheck {
    Object identity() throws IOException;
  }

  private static JournalFile locked(Path file, FileChannel channel, IdentityCheck check)
      throws IOException {
    try {
      Object identity = check.identity();
      if (channel.tryLock() == null) {
        throw inUse();
      }
      JournalFile opened = new JournalFile(file, identity, channel);
      OPEN.put(identity, opened);
      return opened;
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
    return replay(channel, reader);
  }

  // By position, since another thread may be appending.
  private static byte[] replay(FileChannel channel, Reader reader) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(MAX_LINE);
    byte[] line = new byte[MAX_LINE];
    int length = 0;
    int number = 0;
    long position = 0;
    for (int count; (count = channel.read(chunk.clear(), position)) >= 0; ) {
      position += count;
      chunk.flip();
      while (chunk.hasRemaining()) {
        byte next = chunk.get();
        if (next == '\n') {
          number++;
          reader.line(Arrays.copyOf(line, length));
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

  /**
   * Reads every complete line of a file that a run may have open, here or in another process.
   *
   * @return whether a run has it open
   */
  static boolean read(Path file, Reader reader) throws IOException {
    Path real = file.toRealPath();
    if (!Files.isRegularFile(real)) {
      throw new IOException("it is not a regular file: name another file");
    }
    return read(real, reader, channel -> {});
  }

  /** As {@link #read}, but a file that {@link #open} would refuse to trust is refused. */
  static boolean readTrusted(Path file, Reader reader) throws IOException {
    Path real = resolveDirectory(file);
    if (!FileStatus.isSupported(real)) {
      return read(real, reader);
    }
    FileStatus before = FileStatus.of(real);
    before.requireTrusted();
    return read(real, reader, channel -> FileStatus.of(channel, real, before).requireTrusted());
  }

  private interface ChannelCheck {
    void require(FileChannel channel) throws IOException;
  }

  private static boolean read(Path real, Reader reader, ChannelCheck check) throws IOException {
    synchronized (OPENING) {
      JournalFile open = OPEN.get(identityOf(real));
      if (open != null) {
        replay(open.channel, reader);
        return true;
      }
      try (FileChannel channel = FileChannel.open(real, StandardOpenOption.READ)) {
        check.require(channel);
        replay(channel, reader);
        return isLocked(channel);
      }
    }
  }

  private static boolean isLocked(FileChannel channel) throws IOException {
    try (FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
      return lock == null;
    }
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
    requireUnchanged();
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  // What is written to a deleted file is lost with it, and a gap makes the rest unreadable.
  private void requireUnchanged() throws IOException {
    if (channel.size() != channel.position()) {
      throw new IOException("it was truncated or written to by something else during the run");
    }
    boolean same =
        Files.exists(file, LinkOption.NOFOLLOW_LINKS) && identityOf(file).equals(identity);
    if (!same) {
      throw new IOException("it was deleted, moved or replaced during the run");
    }
  }

  @Override
  public void force() throws IOException {
    channel.force(false);
  }

  @Override
  public void close() throws IOException {
    synchronized (OPENING) {
      try {
        channel.close();
      } finally {
        OPEN.remove(identity);
      }
    }
  }
}
