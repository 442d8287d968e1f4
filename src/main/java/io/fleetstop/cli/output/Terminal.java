package io.fleetstop.cli.output;

import io.fleetstop.credentials.CredentialsOptions;
import io.fleetstop.credentials.CredentialsProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/** The process as a command sees it: streams, environment and signals. */
public interface Terminal {

  /** A standard stream. */
  enum Stream {
    STDIN(0),
    STDOUT(1),
    STDERR(2);

    private final int descriptor;

    Stream(int descriptor) {
      this.descriptor = descriptor;
    }

    /** Returns the file descriptor. */
    int descriptor() {
      return descriptor;
    }
  }

  /** Returns stdin, for ids and answers. */
  InputStream in();

  /** Discards what was typed until now, if this process may use its terminal. */
  default void discardTyped() {
    try {
      if (isForeground()) {
        // A terminal cannot be skipped, only read.
        byte[] unused = in().readNBytes(in().available());
      }
    } catch (IOException e) {
      // A terminal that was closed has no input to discard.
      return;
    }
  }

  /** Returns stdout, for results. */
  PrintStream out();

  /** Returns why stdout could not be written, or {@code null} if it could. */
  default @Nullable String outFailure() {
    return null;
  }

  /** Returns stderr, for everything else. */
  PrintStream err();

  /** Whether a stream is a terminal. */
  boolean isTerminal(Stream stream);

  /** Whether this process is in the foreground, so that it may use its terminal. */
  boolean isForeground();

  /**
   * Lets a read from the terminal fail in the background, rather than suspend this process.
   *
   * @return restores the default
   */
  default Runnable refuseBackgroundReads() {
    return () -> {};
  }

  /** Ends the process as interrupted, after its exit hooks, which remove unfinished files. */
  void exitInterrupted();

  /** Returns the width of the terminal in characters. */
  int columns();

  /**
   * Runs {@code action} whenever the size of the terminal changes.
   *
   * @return restores the previous handler
   */
  default Runnable onResize(Runnable action) {
    return () -> {};
  }

  /** Returns an environment variable, or {@code null}. */
  @Nullable String env(String name);

  /**
   * Returns the credentials provider.
   *
   * @param options the profile of the official command line's file, or none for the chain of the
   *     official tools
   */
  CredentialsProvider credentials(CredentialsOptions options);

  /**
   * Runs {@code action} instead of ending the process when a signal asks to end it for the first
   * time. A later Ctrl-C ends the process at once; a lost terminal does not.
   *
   * @return restores the previous handler
   */
  Runnable onInterrupt(Runnable action);
}
