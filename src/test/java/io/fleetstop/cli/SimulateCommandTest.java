package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A rehearsal against {@code fleetstop simulate}. */
class SimulateCommandTest {

  private static final String ANNOUNCED = "# fleetstop stop --endpoint ";

  private final TestTerminal terminal = new TestTerminal();
  private final TestTerminal client = new TestTerminal();

  /** Runs the simulator, and what a user does with it once it has announced itself. */
  private int rehearse(Consumer<String> work, String... options) {
    terminal.onLine(
        line -> {
          if (line.startsWith("export ")) {
            String[] variable = line.substring("export ".length()).split("=", 2);
            client.env(variable[0], variable[1]);
          }
          if (line.startsWith(ANNOUNCED)) {
            work.accept(line.substring(ANNOUNCED.length()).split(" ", -1)[0]);
            terminal.interrupt();
          }
        });
    String[] words = new String[options.length + 1];
    words[0] = "simulate";
    System.arraycopy(options, 0, words, 1, options.length);
    return terminal.run(words);
  }

  @Test
  void faultsAndSeed_rehearseABadNight() {
    int exitCode =
        rehearse(
            endpoint ->
                assertThat(
                        client.run(
                            "stop",
                            "--endpoint",
                            endpoint,
                            "--status=RUNNING",
                            "--max-instances=60",
                            "--yes",
                            "--attempt-timeout=300ms",
                            "--rate=200"))
                    .isZero(),
            "--instances=60",
            "--stop-delay=0s",
            "--fault=lost-reply=10%,html-502=10%,hang=5%",
            "--seed=7");

    assertThat(exitCode).isZero();
    assertThat(client.outLines()).hasSize(60);
    assertThat(client.outText()).doesNotContain("FAILED", "UNCONFIRMED");
    assertThat(client.errText()).contains("refused");
    assertThat(terminal.errText()).contains("effects=60");
  }

  @Test
  void otherRegion_isEmpty() {
    rehearse(
        endpoint -> {
          assertThat(client.run("list", "--endpoint", endpoint, "--output=ids")).isZero();
          assertThat(client.run("list", "--endpoint", endpoint, "--region=cn-guangzhou")).isZero();
        },
        "--instances=2",
        "--region=cn-shanghai");

    assertThat(client.outText()).startsWith("i-sim0000000001\ni-sim0000000002\nINSTANCE");
    assertThat(client.outLines()).hasSize(3);
    assertThat(client.errText())
        .isEqualTo("2 instances in cn-shanghai\n0 instances in cn-guangzhou\n");
  }

  @Test
  void sessionToken_isRequiredAndNotPrinted() {
    rehearse(
        endpoint -> {
          assertThat(client.run("list", "--endpoint", endpoint)).isEqualTo(4);
          client.env("VOLCENGINE_SESSION_TOKEN", "token-of-mine");
          assertThat(client.run("list", "--endpoint", endpoint)).isZero();
        },
        "--instances=1",
        "--session-token=token-of-mine");

    assertThat(client.errText())
        .contains("InvalidSecretToken")
        .endsWith("1 instance in cn-beijing\n");
    assertThat(terminal.outText() + terminal.errText())
        .contains("VOLCENGINE_SESSION_TOKEN")
        .doesNotContain("token-of-mine");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--fault lost-replies=5% | fault must be one of reset-before,",
        "--fault hnag=5% | was \"hnag\": did you mean hang?",
        "--fault hang=5 | probability must be 0% to 100%, such as 5% or 0.05, was \"5\"",
        "--fault hang | fault must have a probability, for example lost-reply=5%, was \"hang\"",
        "--fault hang=60%,throttle=60% | probabilities must add up to at most 1",
        "--seed x | must be a whole number such as 7, was \"x\"",
        "--region= | --region must not be blank",
        "--session-token= | --session-token must not be blank"
      })
  void invalidOption_isNamedWithItsRule(String words, String message) {
    String[] args = ("simulate " + words).split(" ", -1);

    assertThat(terminal.run(args)).isEqualTo(2);
    assertThat(terminal.outText()).isEmpty();
    assertThat(terminal.errText()).contains(message, words.split("[ =]", -1)[0]);
  }
}
