package io.fleetstop.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.testng.ITestResult;
import org.testng.TestListenerAdapter;
import org.testng.TestNG;

/** Runs the Reactive Streams TCK, which is written for TestNG. */
public final class Tck {

  /** The time within which an expected signal must arrive. */
  public static final long TIMEOUT_MILLIS = 500;

  /** The time during which no unexpected signal may arrive. */
  public static final long QUIET_MILLIS = 50;

  private Tck() {}

  /**
   * Runs the rules of the TCK and fails if one is violated.
   *
   * @param atLeast the least number of rules that must run: the TCK skips rules that the publisher
   *     cannot demonstrate, for example one with a single element
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
