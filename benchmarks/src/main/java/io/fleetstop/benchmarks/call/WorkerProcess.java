package io.fleetstop.benchmarks.call;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The client side of a {@link CallWorker} process. */
final class WorkerProcess implements AutoCloseable {

  private final Process process;
  private final BufferedReader replies;
  private final PrintStream commands;

  private WorkerProcess(Process process) {
    this.process = process;
    this.replies = process.inputReader(StandardCharsets.UTF_8);
    this.commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
  }

  /**
   * Starts a contender.
   *
   * @param profiles the folder that its flight recording goes to, or {@code null}
   */
  static WorkerProcess launch(CallContender contender, CannedServer server, Path profiles)
      throws IOException {
    List<String> options = new ArrayList<>(List.of("-Xms256m", "-Xmx256m"));
    if (profiles != null) {
      Files.createDirectories(profiles);
      Path file = profiles.resolve(contender.label() + ".jfr");
      options.add("-XX:StartFlightRecording=settings=profile,filename=" + file);
    }
    return new WorkerProcess(
        new ProcessBuilder(
                Java.command(
                    options,
                    CallWorker.class,
                    contender.label(),
                    server.json().toString(),
                    server.xml().toString()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  /** Makes the worker call the service and returns its measurements. */
  Sample run(int inFlight, long millis) {
    commands.println(inFlight + " " + millis);
    try {
      // The JVM may write to that stream, too.
      for (String line = replies.readLine(); line != null; line = replies.readLine()) {
        if (line.startsWith(Sample.MARK)) {
          return Sample.parse(line);
        }
      }
      throw new IllegalStateException("a worker has ended; it has said why");
    } catch (IOException e) {
      throw new IllegalStateException("a worker cannot be read", e);
    }
  }

  @Override
  public void close() {
    commands.close();
    process.onExit().join();
  }
}
