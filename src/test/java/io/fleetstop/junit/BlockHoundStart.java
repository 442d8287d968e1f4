package io.fleetstop.junit;

import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;
import reactor.blockhound.BlockHound;

/**
 * Installs BlockHound when tests start. BlockHound's own listener does so when it is created, also
 * in Maven's process, which only searches for test classes and cannot be instrumented.
 */
public final class BlockHoundStart implements TestExecutionListener {

  @Override
  public void testPlanExecutionStarted(TestPlan plan) {
    BlockHound.install();
  }
}
