package io.fleetstop.fleet;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The owner and mode of a file, as {@code fstat} reports them. Java has no {@code fstat}. On Linux
 * the status is read through the descriptor of the open channel, so that an exchange of the name
 * between check and use has no effect. Elsewhere it is read by name, and compared with the status
 * before the file was opened.
 *
 * @param uid the user id of the owner
 * @param mode the type and permission bits
 * @param key the identity of the file: its device and inode
 */
record FileStatus(int uid, int mode, Object key) {

  private static final String ATTRIBUTES = "unix:uid,mode,fileKey";
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final Path DESCRIPTOR_INFO = Path.of("/proc/self/fdinfo");

  private static final int TYPE_MASK = 0170000;
  private static final int REGULAR_FILE = 0100000;
  private static final int SYMBOLIC_LINK = 0120000;
  private static final int WRITABLE_BY_OTHERS = 022;

  /** Whether the file system of {@code file} has POSIX owners and modes. */
  static boolean isSupported(Path file) {
    return file.getFileSystem() == FileSystems.getDefault()
        && file.getFileSystem().supportedFileAttributeViews().contains("unix");
  }

  /** Reads the status of a name. A symbolic link is not followed. */
  static FileStatus of(Path file) throws IOException {
    return read(file, LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Reads the status of an open file. Leaves the channel at position 0.
   *
   * @param before the status of the name before it was opened
   */
  static FileStatus of(FileChannel channel, Path file, FileStatus before) throws IOException {
    Path descriptor = descriptorOf(channel);
    FileStatus status = descriptor == null ? of(file) : read(descriptor);
    if (!status.key().equals(before.key())) {
      throw new IOException("it was replaced while it was opened");
    }
    return status;
  }

  /** Requires that only the effective user and root can have written the file. */
  void requireTrusted() throws IOException {
    if ((mode & TYPE_MASK) == SYMBOLIC_LINK) {
      throw new IOException("it is a symbolic link: name the file itself");
    }
    if ((mode & TYPE_MASK) != REGULAR_FILE) {
      throw new IOException("it is not a regular file: name another file");
    }
    int user = effectiveUid();
    if (uid != user) {
      throw new IOException(
          "it belongs to user "
              + uid
              + ", not to "
              + user
              + ": its content cannot be trusted, name a journal of your own");
    }
    if ((mode & WRITABLE_BY_OTHERS) != 0) {
      throw new IOException(
          String.format(
              "others may write to it (mode %03o), so anything may be in it:"
                  + " check it, then take their right away",
              mode & 0777));
    }
  }

  private static FileStatus read(Path file, LinkOption... options) throws IOException {
    Map<String, Object> attributes = Files.readAttributes(file, ATTRIBUTES, options);
    return new FileStatus(
        (Integer) required(attributes, "uid"),
        (Integer) required(attributes, "mode"),
        required(attributes, "fileKey"));
  }

  static Object required(Map<String, Object> attributes, String name) {
    return Objects.requireNonNull(attributes.get(name), name);
  }

  /** Finds the descriptor of a channel by its position, or returns {@code null}. */
  private static @Nullable Path descriptorOf(FileChannel channel) throws IOException {
    if (!Files.isDirectory(DESCRIPTOR_INFO)) {
      return null;
    }
    int position = ThreadLocalRandom.current().nextInt(1 << 30, Integer.MAX_VALUE);
    channel.position(position);
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(DESCRIPTOR_INFO)) {
      for (Path descriptor : descriptors) {
        if (isAt(descriptor, "pos:\t" + position)) {
          return DESCRIPTORS.resolve(descriptor.getFileName());
        }
      }
      return null;
    } finally {
      channel.position(0);
    }
  }

  private static boolean isAt(Path descriptor, String position) {
    try {
      return Files.readAllLines(descriptor).contains(position);
    } catch (IOException e) {
      // Another thread has closed this descriptor, before or while it was read. That of the channel
      // stays open, and if it cannot be found the status is read by name and compared.
      return false;
    }
  }

  /** Returns the user id with which this process creates files. */
  static int effectiveUid() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.isReadable(status)) {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("Uid:")) {
          // Real, effective, saved and file system user id.
          return Integer.parseInt(line.split("\t", -1)[2]);
        }
      }
    }
    Path probe = Files.createTempFile("fleetstop", null);
    try {
      return of(probe).uid();
    } finally {
      Files.delete(probe);
    }
  }
}
