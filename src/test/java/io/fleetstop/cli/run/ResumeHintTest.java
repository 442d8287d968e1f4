package io.fleetstop.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.run.Summary.ResumeHint;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResumeHintTest {

  @Tag("guarantee:secrecy")
  @ParameterizedTest
  @ValueSource(strings = {"http://", "socks5://", ""})
  void passwordOfAProxy_isNotInTheCommand(String scheme) {
    String address = scheme + "alice:s3cret@proxy:3128";
    for (List<String> words :
        List.of(List.of("stop", "--proxy", address), List.of("stop", "--proxy=" + address))) {
      ResumeHint hint = new ResumeHint(words, "night");
      assertThat(hint.command()).contains(scheme + "USER:PASSWORD@proxy:3128");
      assertThat(hint + hint.atStart() + hint.command()).doesNotContain("s3cret", "alice");
    }
  }
}
