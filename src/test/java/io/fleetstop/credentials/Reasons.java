package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.sign.ClockSkew;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.test.StepVerifier;

/** Why a source has no credentials. */
final class Reasons {

  static final Duration PATIENCE = Duration.ofSeconds(20);

  private Reasons() {}

  /**
   * Uses fakes on ports with long time-outs, so that a slow machine does not change the number of
   * attempts.
   */
  static CredentialServices services(FakeSts sts, FakeMetadata metadata, InstantSource clock) {
    URI stsEndpoint = sts.start();
    return new CredentialServices(
        role -> role.endpoint(stsEndpoint).timeout(PATIENCE),
        patient(metadata).build(),
        CredentialServices.official().logins(),
        new ClockSkew(clock));
  }

  static EcsRoleOptions.Builder patient(FakeMetadata metadata) {
    return EcsRoleOptions.builder().endpoint(metadata.start()).timeout(PATIENCE).deadline(PATIENCE);
  }

  /** Returns the error reason of a source without credentials. */
  static String reason(CredentialsProvider source) {
    String[] reason = {""};
    StepVerifier.create(source.resolve())
        .expectErrorSatisfies(error -> reason[0] = of(error))
        .verify(PATIENCE);
    return reason[0];
  }

  /** Returns the reason of an error, which must be of the kind that sources emit. */
  static String of(@Nullable Throwable error) {
    assertThat(error)
        .hasNoCause()
        .asInstanceOf(type(EcsException.class))
        .matches(
            failure ->
                failure.errorCode().equals(ClientErrors.CREDENTIALS_UNAVAILABLE)
                    || failure.errorCode().equals(ClientErrors.CREDENTIALS_NOT_CONFIGURED))
        .returns(Delivery.NOT_SENT, EcsException::delivery);
    String message = String.valueOf(Objects.requireNonNull(error).getMessage());
    assertThat(message)
        .doesNotContain("asker-secret", "role-secret", "token-1", "secret-of", "oidc.token");
    return String.valueOf(((EcsException) error).detail());
  }

  static void expect(CredentialsProvider source, Credentials expected) {
    StepVerifier.create(source.resolve()).expectNext(expected).expectComplete().verify(PATIENCE);
  }
}
