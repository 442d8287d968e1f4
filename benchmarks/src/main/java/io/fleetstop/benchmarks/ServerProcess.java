package io.fleetstop.benchmarks;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The client side of a {@link QuotaServer} process. Thread-safe. */
final class ServerProcess implements AutoCloseable {

  /** The result of a call at the service. */
  enum Fate {
    GRANTED,
    REFUSED,
    FAILED
  }

  /** A stop call as the server saw it; {@code nanos} is good for differences only. */
  record Call(long nanos, String id, Fate fate) {

    static Call parse(String line) {
      String[] words = line.split(" ");
      return new Call(
          Long.parseLong(words[0]), words[1], Fate.valueOf(words[2].toUpperCase(Locale.ROOT)));
    }
  }

  private final Process process;
  private final BufferedReader replies;
  private final PrintStream commands;

  private ServerProcess(Process process) {
    this.process = process;
    this.replies = process.inputReader(StandardCharsets.UTF_8);
    this.commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
  }

  /** Starts the process, on the class path of this one. */
  static ServerProcess launch() throws IOException {
    String java =
        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java";
    ProcessBuilder builder =
        new ProcessBuilder(
            java, "-cp", System.getProperty("java.class.path"), QuotaServer.class.getName());
    return new ServerProcess(builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** Starts a new service and returns its address. */
  synchronized URI start(int instances, String quota, long latencyMillis) {
    return start(instances, quota, latencyMillis, 1_000);
  }

  /** Starts a new service whose instances take the given time to stop. */
  synchronized URI start(int instances, String quota, long latencyMillis, long stopMillis) {
    String command = "start " + instances + " " + quota + " " + latencyMillis + " " + stopMillis;
    String port = ask(command, "started");
    return URI.create("http://127.0.0.1:" + port);
  }

  /** Changes the quota; returns when that was, by the server's clock. */
  synchronized long changeQuota(String quota) {
    return Long.parseLong(ask("quota " + quota, "changed"));
  }

  /** The server's clock. */
  synchronized long now() {
    return Long.parseLong(ask("now", "now"));
  }

  /** All stop calls since the service was started, in their order. */
  synchronized List<Call> calls() {
    int count = Integer.parseInt(ask("calls", "calls"));
    List<Call> calls = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      calls.add(Call.parse(read()));
    }
    return calls;
  }

  private String ask(String command, String reply) {
    commands.println(command);
    String line = read();
    if (!line.startsWith(reply + " ")) {
      throw new IllegalStateException("\"" + command + "\" was answered by \"" + line + "\"");
    }
    return line.substring(reply.length() + 1);
  }

  private String read() {
    try {
      String line = replies.readLine();
      if (line == null) {
        throw new IllegalStateException("the server's process has ended");
      }
      return line;
    } catch (IOException e) {
      throw new IllegalStateException("the server's process cannot be read", e);
    }
  }

  @Override
  public void close() {
    commands.close();
    process.destroy();
  }
}
