package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.output.Terminal.Stream;
import io.fleetstop.simulator.EcsSimulator;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Usage and configuration errors are reported before any request, output or question. */
class StopUsageTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(3).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator).terminals(Stream.STDERR);

  @TempDir private Path directory;

  @BeforeEach
  void nothingWasSentYet() {
    assertThat(simulator.calls()).isZero();
  }

  @AfterEach
  void nothingWasSent() {
    assertThat(simulator.calls()).isZero();
    assertThat(terminal.outText()).isEmpty();
    simulator.dispose();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--stopped-mode Hibernate i-1 | '--stopped-mode': must be KeepCharging or StopCharging, was"
            + " \"Hibernate\"",
        "--deadline soon i-1 | '--deadline': must be a duration such as 500ms",
        "--attempt-timeout 0s i-1 | '--attempt-timeout': must be 1ms to 365 days, was \"0s\"",
        "--wait-timeout 10 i-1 | '--wait-timeout': must be a duration",
        "--rate 0 i-1 | '--rate': must be a decimal number above 0",
        "--max-rate 0 i-1 | '--max-rate': must be a decimal number above 0",
        "--rate 4 --max-rate 9 i-1 | --rate and --max-rate exclude each other",
        "--burst 4 i-1 | --burst needs --rate",
        "--burst 0 i-1 | '--burst': must be a whole number",
        "--max-in-flight x i-1 | '--max-in-flight'",
        "--batch 101 i-1 | '--batch': must be auto or a whole number from 1 to 100, was \"101\"",
        "--batch all i-1 | '--batch': must be auto or a whole number from 1 to 100, was \"all\"",
        "--max-attempts 0 i-1 | '--max-attempts'",
        "--max-failures 200% i-1 | '--max-failures': must be a whole number such as 10, or 0% to 100%",
        "--wave 0,10% i-1 | '--wave': must be whole numbers of at least 1, or percentages"
            + " above 0% and up to 100%",
        "--wave 5,0% i-1 | '--wave': must be whole numbers of at least 1",
        "--wave 1%,,5% i-1 | separated by commas, such as 5,10%,100%, was \"1%,,5%\"",
        "--wave 101% i-1 | '--wave': must be whole numbers of at least 1",
        "--wave 10%,1% i-1 | '--wave': sizes are cumulative, so each must exceed the previous one, was"
            + " \"10%,1%\"",
        "--output xml i-1 | '--output': must be text, table, jsonl, csv or ids, was \"xml\"",
        "--simulate 0 | '--simulate'",
        "--report /no/such/r.html i-1 | --report: /no/such/r.html cannot be written: there is no"
            + " directory /no/such",
        "--report pom.xml i-1 | --report: pom.xml cannot be written: it exists and is not a report"
            + " of fleetstop",
        "--report ./new --log-file new i-1 | --report and --log-file name the same file",
        "--report ./new --journal new i-1 | --report and --journal name the same file",
        "--report src i-1 | --report: src cannot be written: it is a directory",
        "--resume i-1 | --resume needs --journal FILE",
        "--journal-only 1 i-1 | --journal-only needs --resume",
        "--journal-only -1 i-1 | '--journal-only': must be a whole number from 0 to 999999999",
        "--journal /no/such/run i-1 | --journal: The journal /no/such/run cannot be used: its"
            + " directory does not exist: create it, or name another file",
        "--journal /no/such --resume i-1 | --journal: The journal /no/such cannot be used: there is"
            + " no such file or directory",
        "--rate 1 --rate 2 i-1 | --rate is given more than once",
        "--wait --no-wait i-1 | --wait and --no-wait exclude each other",
        "--wait-timeout 5s --no-wait i-1 | --wait-timeout and --no-wait exclude each other",
        "--quiet --verbose i-1 | --quiet and --verbose exclude each other",
        "--simulate 3 i-1 | --simulate and --endpoint exclude each other",
        "-x | Unknown option: '-x'",
        "i/1 | \"i/1\" is not an instance id, which starts with i-; fleetstop list shows ids",
        "i-1/2 | \"i-1/2\" is not an instance id, which holds letters, digits, '-' and '_' only",
        "help | \"help\" is not an instance id, which starts with i-; for the help, write fleetstop"
            + " help and the command",
        "- | to read ids from stdin, write --ids-file -",
        "pom.xml | \"pom.xml\" is not an instance id, which starts with i-; to read ids from a file,"
            + " write --ids-file FILE",
        "i-1,i-2 | separate ids by blanks, without commas and quotes",
        "i-1* | patterns are not supported; select by --tag, --zone or --project",
        "–-yes | it has the character U+2013, which is not the hyphen -: type the word on the keyboard",
        "“i-1” | it has the character U+201C, which is not a quote of the shell",
        "i-1 --protect-tag “env” | but has the character U+201C, which is not a quote of the shell",
        "i-1 --protect-tag env＝prod | but has the character U+FF1D, which is not the ASCII =",
        "--tag env=dev\u00a0 --yes | but has the character U+00A0, which is not the blank",
        "--project ‘web’ --yes | --project ‘web’ has the character U+2018",
        "--tag env= dev | \"dev\" is not an instance id, which starts with i-; fleetstop list shows"
            + " ids and names, and an option value with blanks needs quotes",
        "--ids-file /dev/null --yes | no instances are selected: no ids are in --ids-file /dev/null",
        "--resume --journal run | no instances are selected: a journal does not select them; give",
        "--yes | no instances are selected: give ids, --ids-file, filters or --simulate",
        "--ids-file /no/such.txt | --ids-file: there is no file /no/such.txt",
        "--exclude-file /no/such.txt i-1 | --exclude-file: there is no file /no/such.txt",
        "--ids-file - --exclude-file - | --ids-file - and --exclude-file - exclude each other",
        "--tag env i-1 | ids and filters cannot be combined",
        "--status RUNNING --yes | filters with --yes also need --max-instances N",
        "--status RUNNING | filters without a terminal need --yes and --max-instances N",
        "--tag =v i-1 | '--tag' (K[=V]): must be key or key=value, was \"=v\"",
        "--tag a=1 --tag a --yes | --tag a is given more than once, and once without a value",
        "--tag a --tag a=1 --yes | --tag a is given more than once, and once without a value",
        "--tag a=1 --tag a=2 --tag a=3 --tag a=4 --yes | the filters cannot be sent:"
            + " TagFilters.Values must have at most 3 entries, has 4",
        "--zone= --yes | the filters cannot be sent: ZoneId must not be blank",
        "--status= --yes | '--status': must be RUNNING, STOPPED, STOPPING, STARTING",
        "--status RUNING --yes | was \"RUNING\": did you mean RUNNING?",
        "--stopped-mode keepchargin i-1 | was \"keepchargin\": did you mean KeepCharging?",
        "--output json i-1 | was \"json\": did you mean jsonl?",
        "--status RUNNING --status STOPPED --yes | --status is given more than once",
        "--tag env --ids-file /dev/null | ids and filters cannot be combined",
        "--max-instances 1 --yes i-1 i-2 | the fleet has 2 instances, more than the 1 of"
            + " --max-instances",
        "--max-instances 0 i-1 | '--max-instances'",
        "--protect-tag k --no-protect-tag i-1 | --protect-tag and --no-protect-tag exclude each"
            + " other",
        "--yes=maybe i-1 | '--yes': must be true or false, was \"maybe\"",
        "--journal - i-1 | --journal must be the path of a file, not stdin or stdout",
        "--report - i-1 | --report must be the path of a file, not stdin or stdout",
        "--journal /dev/null i-1 | /dev/null cannot be used: it is not a regular file: name another",
        "--journal pom.xml --resume i-1 | line 1 cannot be read: it is not one JSON object with"
            + " distinct keys; the file is not a journal, or its beginning is damaged",
        "--profile= i-1 | --profile must not be blank"
      })
  void usageError_exitsWithTwoAndNamesTheRule(String words, String message) {
    assertThat(terminal.stop(simulator, words.split(" ", -1))).isEqualTo(2);
    assertThat(terminal.errText()).contains(message);
  }

  @Test
  void blankRunId_isRejected() {
    assertThat(terminal.stop(simulator, "--run-id", " ", "i-1")).isEqualTo(2);
    assertThat(terminal.errText()).contains("--run-id", "must have 1 to 128 characters");
  }

  @Test
  void unreadableIdFile_isRejected() {
    assertThat(terminal.stop(simulator, "--ids-file", directory.toString())).isEqualTo(2);
    assertThat(terminal.errText()).contains(directory + " cannot be read");
  }

  @Test
  void controlCharactersInArguments_areEscaped() {
    assertThat(terminal.stop(simulator, "i-1\u001b[2J", "--yes")).isEqualTo(2);
    assertThat(terminal.stop(simulator, "--rate", "\u001b[2J", "i-1")).isEqualTo(2);
    assertThat(terminal.stop(simulator, "--\u001b[2J")).isEqualTo(2);
    assertThat(terminal.errText()).contains("\\u001b[2J").doesNotContain("\u001b");
  }

  @Test
  void missingCommand_isAUsageError() {
    assertThat(terminal.run()).isEqualTo(2);
    assertThat(terminal.run("halt")).isEqualTo(2);
    assertThat(terminal.errText()).contains("a command is missing", "'halt'");
  }

  @Test
  void severalInstancesWithoutTerminal_needYes() {
    assertThat(terminal.stop(simulator, "i-1", "i-2")).isEqualTo(2);
    assertThat(terminal.errText()).contains("stopping 2 instances needs --yes");
  }

  @Test
  void missingRegion_isAConfigurationError() {
    terminal.env("VOLCENGINE_REGION", "");

    assertThat(terminal.stop(simulator, "i-1")).isEqualTo(4);
    assertThat(terminal.errText()).contains("set --region or VOLCENGINE_REGION");
  }

  @Test
  void malformedRegionOfTheEnvironment_isAConfigurationError() {
    terminal.env("VOLCENGINE_REGION", "Beijing!");

    assertThat(terminal.stop(simulator, "i-1")).isEqualTo(4);
    assertThat(terminal.errText()).contains("region must be lower-case letters");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Beijing! | lower-case letters, digits and '-', such as cn-beijing, was \"Beijing!\"",
        "CN-Shanghai | was \"CN-Shanghai\": did you mean cn-shanghai?",
        "cn-beijing cn-shanghai | separate several regions by commas, without blanks",
        "cn-beijing, | separate several regions by commas, without blanks",
        "cn-beijing,,cn-shanghai | was \"cn-beijing,,cn-shanghai\"",
      })
  void malformedRegion_isAUsageError(String region, String message) {
    assertThat(terminal.stop(simulator, "--region", region, "i-1")).isEqualTo(2);
    assertThat(terminal.errText()).contains("--region").contains(message);
  }

  @Test
  void severalRolesInOneOption_areRefused() {
    String role = "trn:iam::2100000001:role/a";
    assertThat(terminal.stop(simulator, "--role-trn", role + "," + role + "b", "i-1")).isEqualTo(2);
    assertThat(terminal.errText()).contains("--role-trn names one role; repeat the option");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"not a url", "ftp://host", "open.volcengineapi.com:", "http://u@h", "http:"})
  void malformedEndpoint_isAConfigurationError(String endpoint) {
    assertThat(terminal.run("stop", "--endpoint", endpoint, "i-1")).isEqualTo(4);
    assertThat(terminal.errText()).contains("endpoint must");
  }

  @Test
  void missingCredentials_areAConfigurationError() {
    TestTerminal bare =
        new TestTerminal().env("VOLCENGINE_REGION", "cn-beijing").terminals(Stream.STDERR);

    assertThat(bare.stop(simulator, "i-1")).isEqualTo(4);
    assertThat(bare.errText())
        .isEqualTo(
            "fleetstop: there are no credentials: environment: nothing is set; set VOLCENGINE_ACCESS_KEY"
                + " and VOLCENGINE_SECRET_KEY, or name a --profile\n");
  }

  /** A terminal ends its input at each Ctrl-D, and continues after it. */
  @Test
  void stdinThatEnds_isNotReadAgain() {
    AtomicInteger ends = new AtomicInteger();
    TestTerminal typed =
        new TestTerminal()
            .input(
                new InputStream() {
                  @Override
                  public int read() {
                    ends.incrementAndGet();
                    return -1;
                  }

                  @Override
                  public int read(byte[] bytes, int offset, int length) {
                    return read();
                  }
                });

    assertThat(typed.run("stop", "--yes", "--ids-file", "-")).isEqualTo(2);

    assertThat(typed.errText()).contains("no ids are in --ids-file -");
    assertThat(ends).hasValue(1);
  }
}
