package io.fleetstop.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.testng.ITestResult;
import org.testng.TestListenerAdapter;
import org.testng.TestNG;

/** Runs the Reactive Streams TCK, which is written for TestNG. */
public final class Tck {

  /** How long a signal may take that has to come. */
  public static final long TIMEOUT_MILLIS = 500;

  /** How long no signal may come where none has to. */
  public static final long QUIET_MILLIS = 50;

  private Tck() {}

  /**
   * Fails unless all rules hold that can be looked at.
   *
   * @param atLeast how many those are: the TCK skips what a publisher cannot show, one that has one
   *     element for instance
   */
  public static void verify(Class<?> verification, int atLeast) {
    TestListenerAdapter results = new TestListenerAdapter();
    TestNG testng = new TestNG(false);
    testng.setVerbose(0);
    testng.setTestClasses(new Class<?>[] {verification});
    testng.addListener(results);
    testng.run();
    List<String> failed = new ArrayList<>();
    for (ITestResult result : results.getFailedTests()) {
      failed.add(result.getName() + ": " + result.getThrowable());
    }
    assertThat(failed).isEmpty();
    assertThat(results.getConfigurationFailures()).isEmpty();
    assertThat(results.getPassedTests()).hasSizeGreaterThanOrEqualTo(atLeast);
  }
}
