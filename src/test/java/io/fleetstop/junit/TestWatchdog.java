package io.fleetstop.junit;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Ends the process of the tests when no test has started or ended for much longer than JUnit
 * allows. The time limits of JUnit only interrupt: what waits for the output of a process, or joins
 * a thread, hangs on, and the build with it. Before, it prints what hung and the stacks of all
 * threads. It also watches the set-up of classes, the time between them, and the end of the
 * process.
 *
 * <p>Not under a debugger, as JUnit's own limits. {@code -Dtest.watchdog.seconds} sets how long
 * after JUnit's limit.
 */
public final class TestWatchdog implements TestExecutionListener {

  private static final long GRACE_SECONDS = Long.getLong("test.watchdog.seconds", 120);
  private static final int FAILED = 3;

  // One for all plans: the process gets one plan for each test class.
  private static final TestProgress PROGRESS = new TestProgress(GRACE_SECONDS);
  private static @Nullable Future<?> watching;

  @Override
  public void testPlanExecutionStarted(TestPlan testPlan) {
    PROGRESS.next("the first test of a plan", TestProgress.DEFAULT_LIMIT);
    start();
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    PROGRESS.next(test.getUniqueId(), TestProgress.limit(test));
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    PROGRESS.next("what follows " + test.getUniqueId(), TestProgress.limit(test));
  }

  @Override
  public void testPlanExecutionFinished(TestPlan testPlan) {
    PROGRESS.next("the end of the process or its next tests", TestProgress.DEFAULT_LIMIT);
  }

  private static synchronized void start() {
    boolean debugged =
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .anyMatch(argument -> argument.startsWith("-agentlib:jdwp"));
    if (watching != null || debugged) {
      return;
    }
    watching =
        Executors.newSingleThreadScheduledExecutor(
                task -> {
                  Thread thread = new Thread(task, "test-watchdog");
                  thread.setDaemon(true);
                  return thread;
                })
            .scheduleWithFixedDelay(TestWatchdog::tick, 1, 1, TimeUnit.SECONDS);
  }

  private static void tick() {
    String hung = PROGRESS.tick();
    if (hung != null) {
      end(hung);
    }
  }

  // Not System.err, which tests replace.
  private static void end(String hung) {
    try (PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8)) {
      err.println(hung);
      ProcessHandle.current()
          .descendants()
          .forEach(child -> err.println("child process: " + child.info()));
      for (Map.Entry<Thread, StackTraceElement[]> thread : Thread.getAllStackTraces().entrySet()) {
        err.println("\n" + thread.getKey() + " " + thread.getKey().getState());
        for (StackTraceElement frame : thread.getValue()) {
          err.println("\tat " + frame);
        }
      }
      ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
    } finally {
      Runtime.getRuntime().halt(FAILED);
    }
  }
}
