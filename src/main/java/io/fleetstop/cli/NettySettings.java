package io.fleetstop.cli;

import java.util.Map;

/** Settings of Netty for a short-lived process. Netty reads them once, when it is first used. */
final class NettySettings {

  private static final Map<String, String> SETTINGS =
      Map.of(
          // Its events load JFR, which a short run does not need.
          "io.netty.jfr.enabled", "false",
          // A native transport is unpacked into the temporary folder at each start.
          "reactor.netty.native", "false",
          "io.netty.transport.noNative", "true");

  private NettySettings() {}

  /** Applies the settings that the command line of Java does not make itself. */
  static void apply() {
    SETTINGS.forEach(System.getProperties()::putIfAbsent);
  }
}
