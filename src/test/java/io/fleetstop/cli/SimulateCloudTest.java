package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code fleetstop simulate} with several accounts and regions. */
class SimulateCloudTest {

  private static final Pattern ENDPOINT = Pattern.compile("VOLCENGINE_ENDPOINT=(\\S+)");

  @Test
  void cloud_isAnnouncedAndServesTheRolesOfItsAccounts() {
    TestTerminal terminal = new TestTerminal();
    TestTerminal client = new TestTerminal();
    terminal.onLine(
        line -> {
          if (line.contains("--role-trn")) {
            Matcher endpoint = ENDPOINT.matcher(terminal.outText());
            assertThat(endpoint.find()).isTrue();
            client
                .env("VOLCENGINE_ENDPOINT", endpoint.group(1))
                .env("VOLCENGINE_ACCESS_KEY", "AKLTfleetstopsimulatorsample")
                .env("VOLCENGINE_SECRET_KEY", "c2ltdWxhdG9yLW9ubHktbm90LWEtc2VjcmV0");
            assertThat(
                    client.run(
                        "stop",
                        "--region=all",
                        "--role-trn=trn:iam::2100000001:role/fleetstop",
                        "--role-trn=trn:iam::2100000002:role/fleetstop",
                        "--status=RUNNING",
                        "--yes",
                        "--max-instances=99",
                        "--continue-on-target-error"))
                .isEqualTo(1);
            terminal.interruptOnce();
          }
        });

    assertThat(
            terminal.run(
                "simulate",
                "--accounts=2",
                "--regions=cn-beijing,cn-shanghai",
                "--instances=3",
                "--stop-delay=50ms",
                "--target-quota=2100000001/cn-beijing=5",
                "--deny=2100000002/cn-shanghai"))
        .isZero();

    assertThat(terminal.outText())
        .contains(
            "# 3 instances in each of 2 accounts and 2 regions",
            "# 2100000001/cn-shanghai: from i-sim0001000001");
    assertThat(terminal.errText()).contains("Simulated until now in 2100000002/cn-beijing: ");
    assertThat(client.errText())
        .contains(
            "2100000001/cn-beijing: 3 instances, 3 stopped", "2100000002/cn-shanghai: not read");
  }

  @ParameterizedTest
  @CsvSource({
    "--deny=x/y,need several targets",
    "--accounts=2 --deny=x,a target must be ACCOUNT/REGION",
    "--accounts=2 --access-key=a --secret-key=b,come with keys of their own",
    "--accounts=101,accounts must be 1 to 100",
  })
  void contradictions_areRefused(String args, String reason) {
    TestTerminal terminal = new TestTerminal();

    assertThat(terminal.run(("simulate " + args).split(" ", -1))).isEqualTo(2);

    assertThat(terminal.errText()).contains(reason);
  }
}
