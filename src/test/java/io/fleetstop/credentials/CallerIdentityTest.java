package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsException;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.IdentitySimulator;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

class CallerIdentityTest {

  private static final Instant NOW = Instant.parse("2026-11-22T19:00:00Z");
  private static final String ROLE_TRN = "trn:sts::2100000001:assumed-role/simulated/simulated";

  @Test
  void user_isReportedByTheSimulator() {
    EcsSimulator simulator = EcsSimulator.builder().startNow();
    try {
      Credentials key = Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey());
      StepVerifier.create(
              CallerIdentity.of(CredentialsProvider.fixed(key), at(simulator.endpoint())))
          .assertNext(
              identity -> {
                assertThat(identity.accountId()).isEqualTo("2100000001");
                assertThat(identity.describe())
                    .isEqualTo("user trn:iam::2100000001:user/simulated of account 2100000001");
                assertThat(Objects.requireNonNull(identity.clockOffset()).abs())
                    .isLessThan(Duration.ofMinutes(1));
              })
          .expectComplete()
          .verify(Reasons.PATIENCE);
      assertThat(simulator.calls()).isZero();
    } finally {
      simulator.dispose();
    }
  }

  @Test
  void role_isReported_andTheClockIsCorrected() {
    IdentitySimulator identities =
        IdentitySimulator.builder()
            .accessKey("AKTP", "role-secret", "role-token")
            .clock(() -> NOW.plus(Duration.ofHours(2)))
            .startNow();
    try {
      Credentials key = Credentials.of("AKTP", "role-secret", "role-token");
      StepVerifier.create(
              new CallerIdentityRequest(
                      CredentialsProvider.fixed(key),
                      at(identities.endpoint()),
                      InstantSource.fixed(NOW))
                  .send())
          .expectNext(
              new CallerIdentity(
                  "2100000001", "Role", "20001:simulated", ROLE_TRN, Duration.ofHours(2)))
          .expectComplete()
          .verify(Reasons.PATIENCE);
      assertThat(identities.calls()).hasSize(2);
    } finally {
      identities.dispose();
    }
  }

  @Test
  void refusal_isTheErrorOfSts() {
    IdentitySimulator identities =
        IdentitySimulator.builder()
            .accessKey("AK", "own-secret")
            .clock(Clock.systemUTC())
            .startNow();
    try {
      identities.failNext(IdentitySimulator.Service.STS, 403, "AccessDenied");
      StepVerifier.create(
              CallerIdentity.of(
                  CredentialsProvider.fixed(Credentials.of("AK", "own-secret")),
                  at(identities.endpoint())))
          .expectErrorSatisfies(
              error -> {
                assertThat(error).isInstanceOf(EcsException.class);
                assertThat(((EcsException) error).errorCode().code()).isEqualTo("AccessDenied");
                assertThat(error.toString()).doesNotContain("own-secret");
              })
          .verify(Reasons.PATIENCE);
    } finally {
      identities.dispose();
    }
  }

  private static CredentialsOptions at(URI sts) {
    return CredentialsOptions.builder().stsEndpoint(sts).build();
  }
}
