package io.fleetstop.junit;

import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs the seed of the test order, so that an order-dependent failure can be reproduced. */
public final class OrderSeed implements TestExecutionListener {

  private static final String SEED = "junit.jupiter.execution.order.random.seed";
  private static final Logger LOG = LoggerFactory.getLogger(OrderSeed.class);

  @Override
  public void testPlanExecutionStarted(TestPlan testPlan) {
    LOG.info(
        "Tests run in random order, -D{}={}",
        SEED,
        testPlan.getConfigurationParameters().get(SEED).orElse("none"));
  }
}
