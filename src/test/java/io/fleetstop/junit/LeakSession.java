package io.fleetstop.junit;

import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/** Installs the leak detector before the first class of a test is loaded. */
public final class LeakSession implements LauncherSessionListener {

  @Override
  public void launcherSessionOpened(LauncherSession session) {
    NettyLeaks.install();
  }
}
