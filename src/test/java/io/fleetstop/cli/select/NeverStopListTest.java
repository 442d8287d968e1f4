package io.fleetstop.cli.select;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The place of the list. */
@DisabledOnOs(OS.WINDOWS)
class NeverStopListTest {

  /**
   * The list of another user must not apply, and such a user may write to the current directory.
   */
  @ParameterizedTest
  @CsvSource({
    "'', '', ?, ",
    "'', '', '', ",
    "'', '', home/alice, ",
    "'', home/alice, ?, ",
    "etc, '', ?, ",
    "etc, home/alice, /home/alice, /home/alice/.config/fleetstop/never-stop",
    "'', /root, /home/alice, /root/.config/fleetstop/never-stop",
    "/etc, '', ?, /etc/fleetstop/never-stop"
  })
  void place_isNeverBelowTheCurrentDirectory(
      String config, String home, String ofAccount, String expected) {
    Map<String, String> variables = Map.of("XDG_CONFIG_HOME", config, "HOME", home);

    assertThat(NeverStopList.place(variables::get, ofAccount))
        .isEqualTo(expected == null ? null : Path.of(expected));
  }
}
