package io.fleetstop.junit;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Child processes of tests, which end within a limit whatever they wait for. The time limits of
 * JUnit cannot interrupt a test that reads what a child prints.
 */
public final class Child {

  private Child() {}

  /** How a child ended, and what it printed where the builder did not redirect it. */
  public record End(int exitCode, String out, String err) {}

  /** Runs a child with an empty input to its end, or fails with what it printed by then. */
  public static End run(ProcessBuilder builder, Duration limit)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile("child", ".out");
    Path err = Files.createTempFile("child", ".err");
    try {
      // Files, because a child of the child could keep a pipe open.
      if (builder.redirectOutput().equals(Redirect.PIPE)) {
        builder.redirectOutput(out.toFile());
      }
      if (builder.redirectError().equals(Redirect.PIPE)) {
        builder.redirectError(err.toFile());
      }
      Process process = builder.start();
      process.getOutputStream().close();
      try {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new AssertionError(
              "%s has not ended within %s:%n%s%n%s"
                  .formatted(builder.command().get(0), limit, read(out), read(err)));
        }
      } finally {
        kill(process);
      }
      return new End(process.exitValue(), read(out), read(err));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  /** Starts a child that is killed after the limit, so that who reads its output finds the end. */
  public static Process start(ProcessBuilder builder, Duration limit) throws IOException {
    Process process = builder.start();
    CompletableFuture.delayedExecutor(limit.toMillis(), TimeUnit.MILLISECONDS)
        .execute(() -> kill(process));
    return process;
  }

  private static void kill(Process process) {
    Stream.concat(process.descendants(), Stream.of(process.toHandle()))
        .forEach(ProcessHandle::destroyForcibly);
  }

  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
