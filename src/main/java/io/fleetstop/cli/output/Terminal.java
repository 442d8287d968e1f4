package io.fleetstop.cli.output;

import io.fleetstop.credentials.CredentialsProvider;
import java.io.InputStream;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/** The process as a command sees it: streams, environment and signals. */
public interface Terminal {

  /** A standard stream. */
  enum Stream {
    IN(0),
    OUT(1),
    ERR(2);

    private final int descriptor;

    Stream(int descriptor) {
      this.descriptor = descriptor;
    }

    /** Its number to the operating system. */
    int descriptor() {
      return descriptor;
    }
  }

  /** Where ids and answers come from. */
  InputStream in();

  /** Where results go. */
  PrintStream out();

  /** Where everything else goes. */
  PrintStream err();

  /** Whether a person is at the other end of a stream. */
  boolean isTerminal(Stream stream);

  /** Whether this process may read from its terminal, and may draw on it. */
  boolean isForeground();

  /** Ends the process as interrupted, after its exit hooks, which remove unfinished files. */
  void exitInterrupted();

  /** How many characters fit in a line. */
  int columns();

  /** An environment variable, or {@code null}. */
  @Nullable String env(String name);

  /**
   * Where credentials come from.
   *
   * @param profile a profile of the official command line's file, or {@code null} for the chain of
   *     the official tools
   */
  CredentialsProvider credentials(@Nullable String profile);

  /**
   * Runs {@code action} instead of ending the process when a signal asks to end it for the first
   * time. A later Ctrl-C ends it at once; a lost terminal does not.
   *
   * @return restores what was before
   */
  Runnable onInterrupt(Runnable action);
}
