package io.fleetstop.cli;

import io.fleetstop.credentials.CredentialsProvider;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.Scanner;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The process itself. What Java cannot tell about a stream is asked of {@code test} and {@code
 * stty}; where there are none, nothing is a terminal.
 */
final class SystemTerminal implements Terminal {

  private static final int DEFAULT_COLUMNS = 80;

  private final PrintStream out = stream(FileDescriptor.out);
  private final PrintStream err = stream(FileDescriptor.err);
  private final Runnable endNow;

  /** A terminal that ends the process by {@code endNow}. */
  SystemTerminal(Runnable endNow) {
    this.endNow = endNow;
  }

  // UTF-8 wherever we are: JSON must be, and a container without a locale can show it all the same.
  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), false, StandardCharsets.UTF_8);
  }

  @Override
  public InputStream in() {
    return System.in;
  }

  @Override
  public PrintStream out() {
    return out;
  }

  @Override
  public PrintStream err() {
    return err;
  }

  @Override
  public boolean isTerminal(Stream stream) {
    ProcessBuilder test = new ProcessBuilder("test", "-t", Integer.toString(stream.descriptor()));
    try {
      return test.inheritIO().start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public int columns() {
    ProcessBuilder stty = new ProcessBuilder("stty", "size");
    stty.redirectInput(new File("/dev/tty")).redirectError(Redirect.DISCARD);
    try (Scanner size = new Scanner(stty.start().getInputStream(), StandardCharsets.US_ASCII)) {
      int columns =
          size.hasNextInt() && size.nextInt() >= 0 && size.hasNextInt() ? size.nextInt() : 0;
      return columns > 0 ? columns : DEFAULT_COLUMNS;
    } catch (IOException e) {
      return DEFAULT_COLUMNS;
    }
  }

  @Override
  public @Nullable String env(String name) {
    return System.getenv(name);
  }

  @Override
  public CredentialsProvider credentials(@Nullable String profile) {
    return profile == null
        ? CredentialsProvider.defaultChain()
        : CredentialsProvider.profile(profile);
  }

  @Override
  public Runnable onInterrupt(Runnable action) {
    AtomicBoolean first = new AtomicBoolean(true);
    Runnable each =
        () -> {
          if (first.getAndSet(false)) {
            action.run();
          } else {
            endNow.run();
          }
        };
    Runnable restoreInt = ProcessSignals.handle("INT", each);
    Runnable restoreTerm = ProcessSignals.handle("TERM", each);
    return () -> {
      restoreInt.run();
      restoreTerm.run();
    };
  }
}
