package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The help: one screen for the command that matters, and the rest on request. */
class HelpTest {

  private static final Pattern OPTION = Pattern.compile("(?m)^ {2,6}(?:-\\w, )?(--[a-z-]+)");

  private static String output(String... words) {
    TestTerminal terminal = new TestTerminal();
    assertThat(terminal.run(words)).as(terminal.errText()).isZero();
    return terminal.outText();
  }

  private static List<String> options(String help) {
    return OPTION.matcher(help).results().map(MatchResult::group).map(String::strip).toList();
  }

  @Test
  void helpOfStop_fitsAScreen() {
    String help = output("stop", "--help");

    assertThat(help.lines()).hasSizeLessThanOrEqualTo(24).allMatch(line -> line.length() <= 80);
    assertThat(options(help)).hasSize(10);
    assertThat(help).contains("Usage: fleetstop stop", "Examples:\n", "--help-all");
    assertThat(output("stop", "-h")).isEqualTo(help);
    assertThat(output("help", "stop")).isEqualTo(help);
  }

  @Test
  void optionsOfTheScreen_existWithTheSameValues() {
    String all = output("stop", "--help-all");
    Pattern withValue = Pattern.compile("(?m)^ +(--\\S+) ");

    List<String> shown =
        withValue.matcher(output("help", "stop")).results().map(each -> each.group(1)).toList();
    assertThat(shown)
        .hasSize(10)
        .allSatisfy(option -> assertThat(all).contains(" " + option + " "));
  }

  @Test
  void helpForAll_hasEveryOptionInGroups() {
    String all = output("stop", "--help-all");

    assertThat(options(all)).hasSizeGreaterThan(40).doesNotHaveDuplicates();
    assertThat(all).contains("\nSelection:\n", "\nSafety:\n", "\nOutput:\n", "Exit codes:");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "start",
        "show",
        "list",
        "wait",
        "whoami",
        "simulate",
        "codes",
        "completion",
        "help"
      })
  void helpOfACommand_isThatOfItsOption(String command) {
    assertThat(output("help", command)).isEqualTo(output(command, "--help"));
  }

  @Test
  void helpWithoutACommand_isTheOverview() {
    assertThat(output("help")).isEqualTo(output("--help")).contains("stop", "list", "simulate");
  }

  @Test
  void helpOfAnUnknownCommand_namesTheNearest() {
    TestTerminal terminal = new TestTerminal();
    assertThat(terminal.run("help", "stpo")).isEqualTo(2);
    assertThat(terminal.errText()).contains("no command \"stpo\"; did you mean stop?");

    assertThat(terminal.run("help", "terminate-all")).isEqualTo(2);
    assertThat(terminal.errText()).contains("no command \"terminate-all\"; see fleetstop --help");
  }
}
