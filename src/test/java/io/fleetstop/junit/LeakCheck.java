package io.fleetstop.junit;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Fails a test class after which Netty resources are found leaked, and the run for what is found
 * after the last class. A class that used none costs nothing, the others some ten milliseconds.
 */
public final class LeakCheck implements BeforeAllCallback, AfterAllCallback {

  private static final Namespace NAMESPACE = Namespace.create(LeakCheck.class);

  private long trackedBefore;

  @Override
  public void beforeAll(ExtensionContext context) {
    trackedBefore = NettyLeaks.tracked();
    AutoCloseable atTheEnd = NettyLeaks::check;
    context.getRoot().getStore(NAMESPACE).getOrComputeIfAbsent("the end", key -> atTheEnd);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (NettyLeaks.tracked() != trackedBefore) {
      NettyLeaks.check();
    }
  }
}
