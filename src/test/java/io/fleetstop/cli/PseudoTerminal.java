package io.fleetstop.cli;

import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** An interactive shell on a pseudo-terminal of the kernel, whose path has {@code fleetstop}. */
final class PseudoTerminal implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final String PROMPT = "ready> ";

  private final Process script;
  private final StringBuilder screen = new StringBuilder();
  private int seen;

  private PseudoTerminal(Process script) {
    this.script = script;
    Thread reader = new Thread(this::read, "pseudo-terminal");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts a shell.
   *
   * @param directory the working directory, which gets the launcher
   * @param environment variables beside those that lead to the simulator
   */
  static PseudoTerminal open(
      String shell, Path directory, EcsSimulator simulator, Map<String, String> environment)
      throws IOException {
    launcher(directory, simulator);
    // The terminal of script is one of the kernel, with job control and signals. A process that was
    // started in the background ignores some signals, and so would the shell.
    String withSignals = "env --default-signal " + shell;
    ProcessBuilder script =
        new ProcessBuilder("script", "-qfec", withSignals, "/dev/null")
            .directory(directory.toFile());
    prepare(script.environment(), directory, simulator);
    script.environment().putAll(environment);
    PseudoTerminal terminal = new PseudoTerminal(script.redirectErrorStream(true).start());
    // Not by the environment: the shell that script starts does not pass it on.
    terminal.type("PS1='rea''dy> '\n");
    terminal.await(PROMPT);
    return terminal;
  }

  /** Gives a person's shell its environment, with a path to the launcher. */
  static void prepare(Map<String, String> environment, Path directory, EcsSimulator simulator) {
    // Builds set it, and it stands for a terminal without a person.
    environment.remove("CI");
    environment.remove("NO_COLOR");
    environment.put("PATH", directory + ":" + System.getenv("PATH"));
    environment.put("PS1", PROMPT);
    environment.put("TERM", "xterm");
    environment.put("VOLCENGINE_ACCESS_KEY", simulator.accessKeyId());
    environment.put("VOLCENGINE_SECRET_KEY", simulator.secretAccessKey());
    environment.put("VOLCENGINE_REGION", simulator.region());
  }

  /** Writes the launcher: a terminal does not take a line as long as the class path. */
  static void launcher(Path directory, EcsSimulator simulator) throws IOException {
    List<String> command = ChildProcess.run("", simulator).command();
    int classPath = command.indexOf("-cp") + 1;
    command.set(
        classPath,
        Arrays.stream(command.get(classPath).split(":", -1))
            .map(entry -> Path.of(entry).toAbsolutePath().toString())
            .collect(Collectors.joining(":")));
    String java =
        command.subList(0, command.indexOf("io.fleetstop.cli.Main") + 1).stream()
            .map(word -> "'" + word + "'")
            .collect(Collectors.joining(" "));
    Path launcher = directory.resolve("fleetstop");
    Files.writeString(launcher, "#!/bin/sh\nexec " + java + " \"$@\"\n");
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
  }

  private void read() {
    byte[] bytes = new byte[4_096];
    try (InputStream in = script.getInputStream()) {
      for (int count = in.read(bytes); count > 0; count = in.read(bytes)) {
        synchronized (screen) {
          screen.append(new String(bytes, 0, count, StandardCharsets.UTF_8));
          screen.notifyAll();
        }
      }
    } catch (IOException e) {
      // The terminal is gone.
      return;
    }
  }

  /** Types keys. */
  void type(String keys) {
    try {
      script.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
      script.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until a text is shown after all that was awaited before, and returns what led to it. */
  String await(String text) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    synchronized (screen) {
      for (int at = screen.indexOf(text, seen); ; at = screen.indexOf(text, seen)) {
        if (at >= 0) {
          String before = screen.substring(seen, at);
          seen = at + text.length();
          return before;
        }
        long millis = (deadline - System.nanoTime()) / 1_000_000;
        if (millis <= 0) {
          throw new AssertionError("not shown: " + text + "\nbut:\n" + screen.substring(seen));
        }
        try {
          screen.wait(millis);
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  /** Loses the terminal, as a dropped connection does. */
  void hangUp() {
    script.destroyForcibly();
  }

  @Override
  public void close() {
    script.destroyForcibly();
  }
}
