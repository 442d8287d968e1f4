package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NettySettingsTest {

  private static final String EVENTS = "io.netty.jfr.enabled";
  private static final String NATIVES = "reactor.netty.native";
  private static final String NO_NATIVE = "io.netty.transport.noNative";

  private final Map<String, @Nullable String> before = new HashMap<>();

  @BeforeEach
  void clear() {
    before.put(EVENTS, System.clearProperty(EVENTS));
    before.put(NATIVES, System.clearProperty(NATIVES));
    before.put(NO_NATIVE, System.clearProperty(NO_NATIVE));
  }

  @AfterEach
  void restore() {
    before.forEach(
        (key, value) -> {
          if (value == null) {
            System.clearProperty(key);
          } else {
            System.setProperty(key, value);
          }
        });
  }

  @Test
  void eventsAndNativesAreOff() {
    NettySettings.apply();

    assertThat(System.getProperty(EVENTS)).isEqualTo("false");
    assertThat(System.getProperty(NATIVES)).isEqualTo("false");
    // The driver of Redis knows this one alone.
    assertThat(System.getProperty(NO_NATIVE)).isEqualTo("true");
  }

  @Test
  void aPropertyOfTheUser_isKept() {
    System.setProperty(EVENTS, "true");

    NettySettings.apply();

    assertThat(System.getProperty(EVENTS)).isEqualTo("true");
  }
}
