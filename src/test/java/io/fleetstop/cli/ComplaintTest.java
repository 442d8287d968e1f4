package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A rejected command line does not print what may be a secret: it ends up in logs of jobs. */
class ComplaintTest {

  @Tag("guarantee:secrecy")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "stop --prxy=http://alice:hunter2@proxy i-1",
        "stop --prxy http://alice:hunter2@proxy i-1",
        "stop --prxy=alice:hunter2@proxy i-1",
        "stop --secret-key=hunter2 i-1",
        "stop --secret-key hunter2 i-1",
        "stop --access-key=AKLTx --secret-key=hunter2",
        "stop -phunter2 i-1",
        "stop -p=hunter2 i-1",
        "list --secret-key hunter2",
        "list --secret-key=hunter2 extra",
        "--secret-key=hunter2 stop i-1",
        "sotp --secret-key hunter2",
        "stop http://alice:hunter2@proxy",
        "stop --no-wait alice:hunter2@proxy",
        "stop --no-wait=http://alice:hunter2@proxy i-1",
        "stop --rate http://alice:hunter2@proxy i-1",
        "stop --simulate=http://alice:hunter2@proxy",
        "stop --ids-file http://alice:hunter2@proxy",
        "stop --ca-file=http://alice:hunter2@proxy --region=r i-1",
        "stop --region=r --proxy=ftp://alice:hunter2@proxy i-1",
        "stop --region=r --proxy=http://alice:hun/hunter2@proxy i-1",
        "stop --region=r --endpoint=https://alice:hunter2@host: i-1",
        "stop --region=r --endpoint=https://alice:hunter2@host/#f i-1",
        "stop --region=r --endpoint=alice:hunter2@host/^ i-1",
        "stop --region=https://alice:hunter2@host i-1",
        "completion http://hunter2@host"
      })
  void secretOfARejectedWord_isNotPrinted(String words) {
    TestTerminal terminal =
        new TestTerminal().env("VOLCENGINE_ACCESS_KEY", "AKLTx").env("VOLCENGINE_SECRET_KEY", "s");

    assertThat(terminal.run(words.split(" ", -1))).isIn(2, 4);
    assertThat(terminal.errText()).startsWith("fleetstop: ").doesNotContain("hunter2", "alice");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--prxy=http://h | Unknown option: '--prxy'",
        "-x | Unknown option: '-x'",
        "-region | Unknown option: '-region'",
        "-pSecret9 | Unknown option: '-p...'",
        "--a --b | Unknown options: '--a', '--b'",
        "i-1 | Unmatched argument: 'i-1'",
        "a b | Unmatched arguments: 'a', 'b'",
        "- | Unmatched argument: '-'"
      })
  void unknownWords_areNamedWithoutValues(String words, String message) {
    assertThat(Complaint.unmatched(List.of(words.split(" ", -1)))).isEqualTo(message);
  }

  @Test
  void passwordWithBlanks_isMaskedAsAWhole() {
    String address = "http://alice:my hunter2@proxy";
    Complaint complaint = new Complaint(List.of("--proxy=" + address));

    assertThat(complaint.about("must be an address, was \"" + address + "\""))
        .isEqualTo("must be an address, was \"http://USER:PASSWORD@proxy\"");
  }

  /** No word of the command line shows where the password ends. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://alice:my hunter2@host",
        "https://alice:my\"hunter2@host",
        "https://alice:my'hunter2^@host",
        "alice:my hunter2@host",
        "https:/alice:hunter2@host"
      })
  void passwordInAVariable_isNotPrinted(String address) {
    TestTerminal terminal =
        new TestTerminal()
            .env("VOLCENGINE_ACCESS_KEY", "AKLTx")
            .env("VOLCENGINE_SECRET_KEY", "s")
            .env("VOLCENGINE_REGION", "cn-beijing")
            .env("VOLCENGINE_ENDPOINT", address);

    assertThat(terminal.run("list")).isEqualTo(4);
    assertThat(terminal.errText()).contains("VOLCENGINE_ENDPOINT").doesNotContain("hunter2");
  }

  @Test
  void messageWithoutAddress_isUnchanged() {
    Complaint complaint = new Complaint(List.of("--tag=owner=a@b", "--status="));

    assertThat(complaint.about("--tag owner=a@b: no instance has this tag"))
        .isEqualTo("--tag owner=a@b: no instance has this tag");
  }

  @Test
  void mistypedCommand_isNamed() {
    TestTerminal terminal = new TestTerminal();

    assertThat(terminal.run("stpo", "--simulate", "3")).isEqualTo(2);
    assertThat(terminal.errText())
        .isEqualTo(
            "fleetstop: there is no command 'stpo'\nDid you mean stop?\nSee fleetstop --help\n");
  }

  @Test
  void commandThatIsNothingAlike_getsNoSuggestion() {
    TestTerminal terminal = new TestTerminal();

    assertThat(terminal.run("terminate")).isEqualTo(2);
    assertThat(terminal.errText())
        .isEqualTo("fleetstop: there is no command 'terminate'\nSee fleetstop --help\n");
  }
}
