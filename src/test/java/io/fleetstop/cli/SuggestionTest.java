package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is proposed for words that are no commands and no ids. */
class SuggestionTest {

  private final TestTerminal terminal = new TestTerminal();

  /** A person who takes a proposal must not change instances by it. */
  @ParameterizedTest
  @CsvSource({
    "restart, fleetstop restarts nothing: stop with --journal FILE",
    "reboot, fleetstop restarts nothing: stop with --journal FILE",
    "undo, fleetstop start --journal FILE",
    "stat, Did you mean status or start?",
    "stpo, Did you mean stop?",
    "lst, Did you mean list?"
  })
  void mistypedCommand_proposesNoOtherChange(String word, String expected) {
    assertThat(terminal.run(word, "i-1")).isEqualTo(2);
    assertThat(terminal.errText())
        .contains("there is no command '" + word + "'", expected)
        .doesNotContain("mean start?");
  }

  @Test
  void idOfSeveralTargets_isExplainedWhereThereIsOne() {
    assertThat(terminal.run("stop", "cn-shanghai/i-1")).isEqualTo(2);
    assertThat(terminal.errText())
        .contains(
            "the region is before an id only if there are several targets; for this one, write"
                + " --region cn-shanghai and i-1");

    TestTerminal ofFile = new TestTerminal().input("dev/cn-shanghai/i-2\n");
    assertThat(ofFile.run("stop", "--ids-file", "-")).isEqualTo(2);
    assertThat(ofFile.errText()).contains("stdin, line 1", "--region cn-shanghai and i-2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "STOP i-1|Did you mean stop?",
        "resume run.jsonl|fleetstop stop --journal run.jsonl --resume",
        "status run.jsonl|To see the run of a journal: fleetstop show run.jsonl",
        "drain run.jsonl|To end a run of this machine, press Ctrl-C where it was started",
        "show --journal run.jsonl|The journal has no option: fleetstop show FILE"
      })
  void wordForAnotherCommand_isExplained(String words, String text) {
    assertThat(terminal.run(words.split(" "))).isEqualTo(2);
    assertThat(terminal.errText()).contains(text + "\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "resume --journal run.jsonl",
        "resume --journal=run.jsonl",
        "resume --region cn-beijing --journal run.jsonl",
        "resume --redis redis://h --run-id night --journal run.jsonl"
      })
  void resumeOfAJournal_isExplained(String words) {
    assertThat(terminal.run(words.split(" "))).isEqualTo(2);
    assertThat(terminal.errText())
        .contains(
            "fleetstop resume is for runs that machines share through Redis; to continue a run of"
                + " a journal: fleetstop stop --journal FILE --resume\n");
  }
}
