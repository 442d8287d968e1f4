package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.Printable;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AssumeRoleOptionsTest {

  private static final String TRN = "trn:iam::2100000001:role/stopper";

  private final AssumeRoleOptions.Builder builder = AssumeRoleOptions.builder(TRN);

  @Test
  void defaults_matchTheOfficialSdks() {
    AssumeRoleOptions options = AssumeRoleOptions.of(TRN);

    assertThat(options.endpoint()).isEqualTo(URI.create("https://sts.volcengineapi.com"));
    assertThat(options.region()).isEqualTo("cn-beijing");
    assertThat(options.duration()).isEqualTo(Duration.ofHours(1));
    assertThat(options.timeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(options.maxAttempts()).isEqualTo(4);
    assertThat(options.policy()).isNull();
    assertThat(options.transport()).isNull();
    assertThat(options.sessionName()).isEqualTo("fleetstop");
    assertThat(options).hasToString("AssumeRoleOptions[" + TRN + "]");
  }

  @Test
  void mutate_keepsEveryOption() {
    AssumeRoleOptions options =
        builder
            .sessionName("nightly")
            .duration(Duration.ofHours(12))
            .policy("{}")
            .endpoint(URI.create("https://sts.example:8443/v1"))
            .region("ap-southeast-1")
            .timeout(Duration.ofSeconds(1))
            .maxAttempts(2)
            .transport(new FakeSts(Clock.systemUTC()))
            .build();

    assertThat(options.mutate().build()).usingRecursiveComparison().isEqualTo(options);
    assertThat(options.mutate().sessionName("other").build().sessionName()).isEqualTo("other");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://sts.example",
        "https://sts.example:8443/v1",
        "http://localhost:1",
        "http://127.0.0.1:1",
        "http://[::1]:1"
      })
  void endpoint_isHttpsOrLoopback(String endpoint) {
    assertThat(builder.endpoint(URI.create(endpoint)).build().endpoint()).hasToString(endpoint);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://sts.example",
        "sts.example",
        "https:///v1",
        "ftp://localhost",
        "https://user:pw@sts.example",
        "https://sts.example?a=b",
        "https://sts.example#a"
      })
  void otherEndpoint_isRejected(String endpoint) {
    assertThatThrownBy(() -> builder.endpoint(URI.create(endpoint)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("endpoint must be https://host[:port][/path], or http on")
        .hasMessageNotContaining("pw");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "stopper", "trn:iam::1:user/u", "trn:iam:::role/r", "trn:iam::1:role/"})
  void invalidRole_isRejected(String trn) {
    assertThatThrownBy(() -> AssumeRoleOptions.builder(trn))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("roleTrn must be trn:iam::<account>:role/<name>, was \"" + trn + "\"");
  }

  @Test
  void invalidValue_isRejected() {
    assertThatThrownBy(() -> builder.sessionName("two words"))
        .hasMessage("sessionName must be 1 to 64 letters, digits and +=,.@_-, was \"two words\"");
    assertThatThrownBy(() -> builder.sessionName("x".repeat(65)))
        .hasMessageStartingWith("sessionName must be 1 to 64");
    for (Duration duration :
        new Duration[] {
          Duration.ZERO, Duration.ofMillis(1_500), Duration.ofHours(12).plusSeconds(1)
        }) {
      assertThatThrownBy(() -> builder.duration(duration))
          .hasMessage(
              "duration must be whole seconds, at least one and at most 12 h, was "
                  + Printable.duration(duration));
    }
    assertThatThrownBy(() -> builder.policy(" "))
        .hasMessage("policy must not be blank; leave it out for none");
    assertThatThrownBy(() -> builder.region("CN"))
        .hasMessageContaining("region must be lower-case letters, digits and '-'");
    assertThatThrownBy(() -> builder.timeout(Duration.ZERO))
        .hasMessage("timeout must be 1 ms to 365 days, was 0s");
    assertThatThrownBy(() -> builder.maxAttempts(0))
        .hasMessage("maxAttempts must be at least 1, was 0");
  }
}
