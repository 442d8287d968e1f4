package io.fleetstop.cli.output;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The standard streams of a process that may have been started with some of them closed ({@code
 * <&-}). The virtual machine then opens its own files under their numbers: to read such a file as
 * stdin ends the process with a segmentation fault, and to write to it may change a file.
 */
final class StandardStreams {

  static final String CLOSED = "it is closed";

  /** What the system says of a stream that can only be read, as the launcher opens a closed one. */
  private static final String NOT_WRITABLE = "Bad file descriptor";

  /** The numbers of stdin, stdout and stderr. */
  private static final int COUNT = 3;

  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final Path NOWHERE = Path.of("/dev/null");

  /** Keeps the descriptors occupied. */
  private final List<InputStream> plugs = new ArrayList<>();

  private final boolean[] closed = new boolean[COUNT];

  /** Finds the closed streams, and occupies their numbers before another file gets them. */
  StandardStreams() {
    if (!Files.isDirectory(DESCRIPTORS)) {
      return;
    }
    for (int i = 0; i < COUNT; i++) {
      Path link = DESCRIPTORS.resolve(Integer.toString(i));
      boolean isFree = !Files.exists(link, LinkOption.NOFOLLOW_LINKS);
      closed[i] = isFree || isOfVirtualMachine(link);
      if (isFree) {
        occupy();
      }
    }
  }

  /**
   * Whether stdout may have been closed unseen: with a closed stdin, the virtual machine opens
   * {@code /dev/null} under the number of a closed stdout, as a user may have done.
   */
  boolean mayHaveLostOutput() {
    try {
      return isClosed(Terminal.Stream.STDIN)
          && !isClosed(Terminal.Stream.STDOUT)
          && Files.readSymbolicLink(DESCRIPTORS.resolve("1")).equals(NOWHERE);
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  private void occupy() {
    try {
      // The system gives the lowest free number.
      plugs.add(new FileInputStream(NOWHERE.toFile()));
    } catch (IOException e) {
      // Without /dev/null the number stays free; nothing is written to it.
      return;
    }
  }

  private static boolean isOfVirtualMachine(Path link) {
    try {
      Path file = Files.readSymbolicLink(link);
      return file.startsWith(Path.of(System.getProperty("java.home")).toRealPath())
          || Arrays.stream(System.getProperty("java.class.path").split(":", -1))
              .filter(entry -> !entry.isEmpty())
              .anyMatch(entry -> file.equals(Path.of(entry).toAbsolutePath().normalize()));
    } catch (IOException e) {
      return false;
    }
  }

  boolean isClosed(Terminal.Stream stream) {
    return closed[stream.descriptor()];
  }

  /** Returns stdin; if it is closed, reading fails. */
  InputStream in() {
    return isClosed(Terminal.Stream.STDIN) ? new ClosedInput() : System.in;
  }

  /** Returns a stream that remembers why it failed. */
  Output out(Terminal.Stream stream, FileDescriptor descriptor) {
    return new Output(isClosed(stream) ? null : new FileOutputStream(descriptor));
  }

  private static final class ClosedInput extends InputStream {

    @Override
    public int read() throws IOException {
      throw new IOException(CLOSED);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      throw new IOException(CLOSED);
    }
  }

  /** Remembers the first failure, which {@code PrintStream} hides. */
  static final class Output extends OutputStream {

    private final @Nullable OutputStream target;
    private volatile @Nullable String failure;

    Output(@Nullable OutputStream target) {
      this.target = target;
    }

    /** Returns why the stream cannot be written, or {@code null}. */
    @Nullable String failure() {
      return failure;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        if (target == null) {
          throw new IOException(CLOSED);
        }
        target.write(bytes, offset, length);
      } catch (IOException e) {
        String message = String.valueOf(e.getMessage());
        failure = failure != null ? failure : message.equals(NOT_WRITABLE) ? CLOSED : message;
        throw e;
      }
    }
  }
}
