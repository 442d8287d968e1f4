package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ErrorCatalogue;
import io.fleetstop.error.ErrorCode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import tools.jackson.databind.JsonNode;

class OtherCommandsTest {

  private final TestTerminal terminal = new TestTerminal();

  @Test
  void codes_listsTheCatalogue() {
    assertThat(terminal.run("codes")).isZero();

    List<ErrorCode> codes = ErrorCatalogue.entries();
    assertThat(terminal.outLines()).hasSize(codes.size() + 1);
    assertThat(terminal.outLines().get(0))
        .containsSubsequence("CODE", "HTTP", "CODEN", "CATEGORY", "SCOPE", "MEANING");
    for (int i = 0; i < codes.size(); i++) {
      assertThat(terminal.outLines().get(i + 1))
          .startsWith(codes.get(i).code())
          .contains(codes.get(i).category().name(), codes.get(i).meaning());
    }
  }

  @Test
  void codesAsJson_haveTheDocumentedFields() {
    assertThat(terminal.run("codes", "--output", "jsonl")).isZero();

    assertThat(terminal.outJson()).hasSameSizeAs(ErrorCatalogue.entries());
    JsonNode first = terminal.outJson().get(0);
    assertThat(first.propertyNames())
        .containsExactly("code", "httpStatus", "codeN", "category", "scope", "meaning");
    assertThat(first.get("code").asString()).isEqualTo(ErrorCatalogue.entries().get(0).code());
  }

  @Test
  void simulate_servesUntilInterrupted() {
    TestTerminal client = new TestTerminal();
    terminal.onLine(
        line -> {
          export(line, client);
          if (line.startsWith("# fleetstop stop --endpoint ")) {
            String endpoint = line.split(" ", -1)[4];
            String[] stop = {
              "stop", "--endpoint", endpoint, "--yes", "i-sim0000000001", "i-sim0000000002"
            };
            assertThat(client.run(stop)).isZero();
            terminal.interrupt();
          }
        });

    assertThat(terminal.run("simulate", "--instances", "2", "--stop-delay", "0s")).isZero();

    assertThat(client.outLines()).hasSize(2).allMatch(line -> line.contains("  STOPPED"));
    assertThat(terminal.outText()).contains("# 2 instances at http://127.0.0.1:");
    assertThat(terminal.errText()).contains("Simulated until now: ", "effects=2");
    assertThat(terminal.signalsRestored()).isTrue();
  }

  @Test
  void simulate_appliesQuotaAndKeysAndHidesTheSecret() {
    TestTerminal client = new TestTerminal().env("VOLCENGINE_SECRET_KEY", "invented");
    terminal.onLine(
        line -> {
          export(line, client);
          if (line.startsWith("# fleetstop stop --endpoint ")) {
            String[] stop = {
              "stop",
              "--endpoint",
              line.split(" ", -1)[4],
              "--dry-run",
              "--rate=100",
              "--deadline=3s",
              "i-sim0000000001",
              "i-sim0000000002",
              "i-sim0000000003"
            };
            client.run(stop);
            terminal.interrupt();
          }
        });
    String[] simulate = {
      "simulate",
      "--quota",
      "0.01",
      "--burst",
      "2",
      "--access-key",
      "mine",
      "--secret-key",
      "invented"
    };

    assertThat(terminal.run(simulate)).isZero();

    assertThat(client.outLines().stream().filter(line -> line.contains("DRY_RUN_PASSED")))
        .hasSize(2);
    assertThat(terminal.outText() + terminal.errText())
        .contains("export VOLCENGINE_ACCESS_KEY=mine\n", "# 100 instances")
        .doesNotContain("invented");
  }

  private static void export(String line, TestTerminal client) {
    if (line.startsWith("export ")) {
      String[] variable = line.substring("export ".length()).split("=", 2);
      client.env(variable[0], variable[1]);
    }
  }

  @Test
  void simulateOnAUsedPort_exitsWithFour() {
    TestTerminal other = new TestTerminal();
    terminal.onLine(
        line -> {
          if (line.startsWith("# fleetstop stop --endpoint ")) {
            String port = line.split(" ", -1)[4].replaceAll(".*:", "");
            assertThat(other.run("simulate", "--port", port)).isEqualTo(4);
            terminal.interrupt();
          }
        });

    assertThat(terminal.run("simulate")).isZero();
    assertThat(other.errText()).startsWith("fleetstop: the simulator cannot start: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--burst 5",
        "--access-key a",
        "--secret-key s",
        "--access-key= --secret-key=",
        "--port 0",
        "--instances 0",
        "--quota x",
        "--stop-delay x"
      })
  void simulate_rejectsInvalidOptions(String words) {
    String[] args = ("simulate " + words).split(" ", -1);

    assertThat(terminal.run(args)).isEqualTo(2);
    assertThat(terminal.outText()).isEmpty();
    assertThat(terminal.errText()).contains(words.split("[ =]", -1)[0]);
  }

  @Test
  void help_namesEveryOptionAndItsDefault() {
    CommandLine commands =
        new CommandLine(new StopCommand(terminal, List.of()))
            .addSubcommand(new ListCommand(terminal))
            .addSubcommand(new SimulateCommand(terminal))
            .addSubcommand(CodesCommand.spec(terminal));
    assertThat(terminal.run("stop", "--help-all")).isZero();
    assertThat(terminal.run("list", "--help")).isZero();
    assertThat(terminal.run("simulate", "--help")).isZero();
    assertThat(terminal.run("codes", "--help")).isZero();
    String help = terminal.outText().replaceAll("\\s+", " ").toLowerCase(Locale.ROOT);

    assertThat(help)
        .containsSubsequence(
            "selection:",
            "filters (all must match):",
            "exclusions:",
            "target:",
            "mode:",
            "rate:",
            "retries and timeouts",
            "waiting for",
            "safety:",
            "output:",
            "exit codes: 0",
            "examples:");
    commands.getCommandSpec().options().forEach(option -> assertShown(help, option));
    commands
        .getSubcommands()
        .values()
        .forEach(
            command ->
                command.getCommandSpec().options().forEach(option -> assertShown(help, option)));
    assertThat(terminal.errText()).isEmpty();
  }

  private static void assertShown(String help, OptionSpec option) {
    assertThat(help).contains(option.longestName());
    if (!option.usageHelp() && !option.versionHelp()) {
      assertThat(String.join(" ", option.description()).toLowerCase(Locale.ROOT))
          .as(option.longestName())
          .contains("default");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--simulate 3 stop, stop --simulate",
    "--dry-run stop i-1, stop --dry-run",
    "--port 8080 simulate, simulate --port",
    "--help-all, stop --help-all"
  })
  void optionBeforeTheCommand_isShownBehindIt(String words, String order) {
    assertThat(terminal.run(words.split(" ", -1))).isEqualTo(2);
    assertThat(terminal.errText())
        .contains("\nOptions come after the command: fleetstop " + order + "\n");
  }

  @Test
  void credentialsAsOptions_areRefusedWithTheirPlace() {
    assertThat(terminal.run("stop", "--secret-key", "c2VjcmV0", "i-1")).isEqualTo(2);
    assertThat(terminal.errText())
        .contains("No option takes credentials: set VOLCENGINE_ACCESS_KEY and")
        .doesNotContain("c2VjcmV0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:8080?x=1",
        "http://127.0.0.1:8080#x",
        "http://user:hidden@127.0.0.1:8080",
        "ftp://127.0.0.1"
      })
  void endpointWithAPartTooMany_isAConfigurationError(String endpoint) {
    terminal.env("VOLCENGINE_REGION", "cn-beijing");
    assertThat(terminal.run("stop", "--endpoint", endpoint, "i-1")).isEqualTo(4);
    assertThat(terminal.errText())
        .contains("--endpoint must be [http(s)://]host[:port][/path], was \"")
        .doesNotContain("hidden", "defect");
  }

  @ParameterizedTest
  @CsvSource({
    "stpo, stop",
    "lists, list",
    "delete,",
    "stop --regoin=x i-1, --region",
    "stop --quite i-1, --quiet",
    "stop --everything i-1,",
    "stop --ids list.csv, --ids-file",
    "stop --exclude i-1, --exclude-file",
    "stop -simulate 3, --simulate",
    "stop -o jsonl i-1, --output",
    "stop -y i-1, --yes",
    "stop -v i-1, --verbose",
    "stop -x i-1,",
    "stop --no-force i-1,",
    "i-1, stop i-1",
    "start i-1,",
    "whoami i-1,"
  })
  void mistypedWord_hasTheRightSuggestionOrNone(String words, @Nullable String suggestion) {
    assertThat(terminal.run(words.split(" ", -1))).isEqualTo(2);

    if (suggestion == null) {
      assertThat(terminal.errText()).doesNotContain("Did you mean");
    } else {
      assertThat(terminal.errText()).contains("Did you mean " + suggestion + "?\n");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "status night-1, The id of a run is an option: --run-id night-1",
    "drain night-1, The id of a run is an option: --run-id night-1",
    "start night.jsonl --yes, The journal is an option: --journal night.jsonl",
    "start i-1, No ids are given to start: it starts what the run of --journal FILE has stopped",
    "start \u2013journal night.jsonl, 'It has the character U+2013, which is not the hyphen -'"
  })
  void wordThatIsNoParameter_hasTheOptionForIt(String words, String instead) {
    assertThat(terminal.run(words.split(" ", -1))).isEqualTo(2);

    assertThat(terminal.errText()).contains("Unmatched argument", instead);
  }

  @Test
  void topLevelHelp_namesTheCommands() {
    assertThat(terminal.run("--help")).isZero();
    assertThat(terminal.outText()).contains("stop", "list", "simulate", "codes", "--simulate 1000");
  }

  @Test
  void version_isTheVersionOfTheBuild() {
    assertThat(terminal.run("--version")).isZero();
    assertThat(terminal.outText()).matches("fleetstop \\d+\\.\\d+\\.\\d+\\S* \\(Java \\d+\\)\n");
  }
}
