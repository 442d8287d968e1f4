package io.fleetstop.cli;

import java.io.PrintStream;

/** Shows how far a run has come, on stderr. */
interface Progress extends AutoCloseable {

  /** Shows nothing. */
  Progress NONE =
      new Progress() {
        @Override
        public void advance() {}

        @Override
        public void print(PrintStream stream, String line) {
          stream.print(line + "\n");
          stream.flush();
        }

        @Override
        public void close() {}
      };

  /** The tally has changed. */
  void advance();

  /** Prints a line to a stream so that it and the progress do not tear each other apart. */
  void print(PrintStream stream, String line);

  @Override
  void close();
}
