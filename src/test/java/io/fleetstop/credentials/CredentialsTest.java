package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialsTest {

  @Test
  void toString_showsOnlyThePrefixOfTheId() {
    assertThat(Credentials.of("AKLTexample", "very-secret-key", "secret-token"))
        .hasToString("Credentials[accessKeyId=AKLT\u2026]");
    assertThat(Credentials.of("AKLT1234", "very-secret-key"))
        .hasToString("Credentials[accessKeyId=\u2026]");
    assertThat(CredentialsProvider.fixed(Credentials.of("AKLTexample", "very-secret-key")))
        .hasToString("FixedCredentials[credentials=Credentials[accessKeyId=AKLT\u2026]]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "secret\n", "secret\r\nX-Evil: 1", "secr\u00e9t", "\u007f"})
  void invalidHeaderValue_isRejectedWithoutShowingIt(String value) {
    assertThatThrownBy(() -> Credentials.of("AK", value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("secretAccessKey must ")
        .message()
        .doesNotContain("secr\u00e9t", "Evil");
    assertThatThrownBy(() -> Credentials.of(value, "SK"))
        .hasMessageStartingWith("accessKeyId must ");
    assertThatThrownBy(() -> Credentials.of("AK", "SK", value))
        .hasMessageStartingWith("sessionToken must ");
  }
}
