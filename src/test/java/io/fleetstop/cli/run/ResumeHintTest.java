package io.fleetstop.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.run.Summary.ResumeHint;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResumeHintTest {

  @ParameterizedTest
  @ValueSource(strings = {"--journal-only 2", "--journal-only=2"})
  void numberOfThisResume_isNotInTheCommand(String option) {
    List<String> words = new ArrayList<>(List.of("stop", "--journal", "night", "--resume"));
    words.addAll(List.of(option.split(" ")));
    words.addAll(List.of("--yes", "i-1"));

    assertThat(new ResumeHint(words, "night").command())
        .isEqualTo("fleetstop stop --journal night --resume --yes i-1");
  }

  /** A pasted command would read its exclusions from the terminal, and exclude nothing. */
  @ParameterizedTest
  @CsvSource({
    "--ids-file -, the same ids on stdin and: fleetstop stop --resume",
    "--ids-file=-, the same ids on stdin and: fleetstop stop --resume",
    "--exclude-file /dev/stdin, the same ids on stdin and: fleetstop stop --resume",
    "--ids-file /dev/fd/63, the same command and --resume",
    "--exclude-file=/dev/fd/63, the same command and --resume",
    "--ids-file ids, fleetstop stop --resume --journal",
  })
  void idsOfAPipe_areNeededAgain(String option, String begin) {
    List<String> words = new ArrayList<>(List.of("stop", "--journal", "night"));
    words.addAll(List.of(option.split(" ")));

    assertThat(new ResumeHint(words, "night").command()).startsWith(begin);
  }

  @Tag("guarantee:secrecy")
  @ParameterizedTest
  @CsvSource({
    "http://, alice:s3cret",
    "socks5://, alice:s3cret",
    "'', alice:s3cret",
    "http://, alice:/s3cret@alice=s3cret"
  })
  void passwordOfAProxy_isNotInTheCommand(String scheme, String userInfo) {
    String address = scheme + userInfo + "@proxy:3128";
    for (List<String> words :
        List.of(List.of("stop", "--proxy", address), List.of("stop", "--proxy=" + address))) {
      ResumeHint hint = new ResumeHint(words, "night");
      String option = words.size() == 2 ? "--proxy=" : "--proxy ";
      assertThat(hint.command()).contains(option + scheme + "USER:PASSWORD@proxy:3128");
      assertThat(hint + hint.atStart() + hint.command()).doesNotContain("s3cret", "alice");
    }
  }
}
