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
