package io.fleetstop.junit;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Captures stderr, to which the logger of the tests writes, during each test of a class. */
public final class CapturedStderr implements BeforeEachCallback, AfterEachCallback {

  private final PrintStream stderr = System.err;
  private final ByteArrayOutputStream captured = new ByteArrayOutputStream();

  /** Returns what {@code action} prints. */
  public static String during(Runnable action) {
    CapturedStderr stderr = new CapturedStderr();
    stderr.start();
    try {
      action.run();
    } finally {
      stderr.stop();
    }
    return stderr.text();
  }

  /** Returns what was printed so far. */
  public String text() {
    return captured.toString(StandardCharsets.UTF_8);
  }

  private void start() {
    System.setErr(new PrintStream(captured, true, StandardCharsets.UTF_8));
  }

  private void stop() {
    System.setErr(stderr);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    start();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    stop();
  }
}
