package io.fleetstop.junit;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.core.publisher.Hooks;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Resets the static state that a test may have left in Reactor. */
public final class CleanReactor implements AfterEachCallback {

  @Override
  public void afterEach(ExtensionContext context) {
    Hooks.resetOnEachOperator();
    Hooks.resetOnLastOperator();
    Hooks.resetOnOperatorDebug();
    Hooks.resetOnOperatorError();
    Hooks.resetOnErrorDropped();
    Hooks.resetOnNextDropped();
    Hooks.resetOnNextError();
    // Resetting the factory ends every common scheduler, and with them what the clients that a
    // class shares among its tests hold on to: only where virtual time has taken their place.
    if (VirtualTimeScheduler.isFactoryEnabled()) {
      VirtualTimeScheduler.reset();
    }
  }
}
