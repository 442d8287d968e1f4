package io.fleetstop.cli.report;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import reactor.core.scheduler.Schedulers;

/**
 * The temporary files of reports. A process that is killed leaves one, which the next report in its
 * directory deletes: it is locked while its process lives.
 */
final class UnfinishedReports {

  /** What the name of a temporary file starts with. */
  static final String PREFIX = ".fleetstop-report-";

  private static final Pattern NAME = Pattern.compile("\\.fleetstop-report-[0-9a-f-]{36}\\.part");

  /** Longer than it takes to lock a file that was just created. */
  private static final Duration LEAST_AGE = Duration.ofSeconds(10);

  private UnfinishedReports() {}

  /** Marks a temporary file as that of a living process, where the file system has locks. */
  static void lock(FileChannel channel) {
    try {
      // Held until the channel is closed.
      channel.tryLock();
    } catch (IOException | OverlappingFileLockException e) {
      // A file that cannot be locked cannot be locked by the process that would delete it either.
      return;
    }
  }

  /**
   * Deletes the temporary files of processes that were killed. A failure leaves them.
   *
   * @param own one of this process: those of other users are left
   */
  static void delete(Path directory, Path own) {
    try (DirectoryStream<Path> parts = Files.newDirectoryStream(directory, PREFIX + "*.part")) {
      delete(parts, own);
    } catch (IOException e) {
      // The report can be written nonetheless.
      return;
    }
  }

  /** Deletes those of the files that {@link #delete(Path, Path)} deletes. */
  static void delete(Iterable<Path> parts, Path own) throws IOException {
    try {
      for (Path part : parts) {
        if (haveSameOwner(part, own) && isLeftOver(part)) {
          Files.deleteIfExists(part);
        }
      }
    } catch (DirectoryIteratorException e) {
      // It is unchecked: a directory may become unreadable as it is read.
      throw e.getCause();
    }
  }

  /**
   * Whether two files belong to one user, without opening them: the owner of a file can make that
   * wait. Links are not followed.
   */
  static boolean haveSameOwner(Path file, Path other) throws IOException {
    return !file.getFileSystem().supportedFileAttributeViews().contains("owner")
        || Files.getOwner(file, LinkOption.NOFOLLOW_LINKS)
            .equals(Files.getOwner(other, LinkOption.NOFOLLOW_LINKS));
  }

  private static boolean isLeftOver(Path part) throws IOException {
    long now = Schedulers.parallel().now(TimeUnit.MILLISECONDS);
    if (!NAME.matcher(String.valueOf(part.getFileName())).matches()
        || !Files.isRegularFile(part, LinkOption.NOFOLLOW_LINKS)
        || now - Files.getLastModifiedTime(part, LinkOption.NOFOLLOW_LINKS).toMillis()
            < LEAST_AGE.toMillis()) {
      return false;
    }
    try (FileChannel channel =
            FileChannel.open(
                part,
                Set.of(
                    StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
        FileLock lock = channel.tryLock()) {
      // A complete one could not be moved, and its user was told its name.
      return lock != null && !isComplete(channel);
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static boolean isComplete(FileChannel channel) throws IOException {
    byte[] end = HtmlReportWriter.ReportPage.END.getBytes(StandardCharsets.UTF_8);
    ByteBuffer last = ByteBuffer.allocate(end.length);
    channel.read(last, Math.max(0, channel.size() - end.length));
    return last.flip().equals(ByteBuffer.wrap(end));
  }
}
