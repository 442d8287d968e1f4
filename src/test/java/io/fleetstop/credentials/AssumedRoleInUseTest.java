package io.fleetstop.credentials;

import static io.fleetstop.credentials.FakeSts.ASKER;
import static io.fleetstop.credentials.FakeSts.TRN;
import static io.fleetstop.credentials.FakeSts.issued;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.model.StopInstance;
import io.fleetstop.sign.ClockSkew;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

/** A cached, refreshed role, from the first call to its expiration. */
class AssumedRoleInUseTest {

  @Test
  void refresh_startsBeforeExpiryInTheBackground() {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    FakeSts sts = new FakeSts(() -> now(time));
    CredentialsProvider role = role(sts, time);
    Instant start = now(time);
    Credentials first = issued(1, start.plus(Duration.ofHours(1)));
    expect(role, first);

    time.advanceTimeBy(Duration.ofMinutes(55).minusSeconds(1));
    expect(role, first);
    assertThat(sts.requests()).hasSize(1);

    time.advanceTimeBy(Duration.ofSeconds(1));
    sts.nextHangs();
    expect(role, first);
    expect(role, first);
    assertThat(sts.requests()).hasSize(2);

    // The hanging request is retried after a timeout of three seconds and a delay of one.
    time.advanceTimeBy(Duration.ofSeconds(4));
    assertThat(sts.requests()).hasSize(3);
    expect(role, issued(2, start.plus(Duration.ofMinutes(115)).plusSeconds(4)));
  }

  @Test
  void failure_surfacesAfterTheOldCredentialsExpire() {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    FakeSts sts = new FakeSts(() -> now(time));
    CredentialsProvider role = role(sts, time);
    Credentials first = issued(1, now(time).plus(Duration.ofHours(1)));
    expect(role, first);

    time.advanceTimeBy(Duration.ofMinutes(58));
    sts.next(Mono.just(FakeSts.refusal(403, "AccessDenied")));
    expect(role, first);
    assertThat(sts.requests()).hasSize(2);

    time.advanceTimeBy(Duration.ofMinutes(2));
    sts.next(Mono.just(FakeSts.refusal(403, "AccessDenied")));
    assertThat(Reasons.reason(role)).contains("AccessDenied");
    expect(role, issued(2, now(time).plus(Duration.ofHours(1))));
  }

  @Test
  void concurrentCallers_shareOneFetch() {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    FakeSts sts = new FakeSts(() -> now(time));
    sts.nextHangs();
    CredentialsProvider role = role(sts, time);
    List<Credentials> got = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      role.resolve().subscribe(got::add);
    }
    assertThat(sts.requests()).hasSize(1);

    time.advanceTimeBy(Duration.ofSeconds(4));

    assertThat(got).hasSize(100).containsOnly(got.get(0));
    assertThat(sts.requests()).hasSize(2);
  }

  @Test
  void expiredCredentials_areReplacedWithinTheCall() {
    FakeSts sts = new FakeSts(Clock.systemUTC());
    Credentials second = issued(2, null);
    EcsSimulator simulator =
        EcsSimulator.builder()
            .instance("i-1", "RUNNING")
            .accessKey("AKTProle1", "role-secret-1", "a token that was replaced")
            .accessKey(
                second.accessKeyId(),
                second.secretAccessKey(),
                Objects.requireNonNull(second.sessionToken()))
            .startNow();
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .endpoint(simulator.endpoint())
            .credentials(
                CredentialsProvider.assumeRole(
                    CredentialsProvider.fixed(ASKER),
                    AssumeRoleOptions.builder(TRN)
                        .endpoint(sts.start())
                        .timeout(Reasons.PATIENCE)
                        .build()))
            .build();
    try {
      StepVerifier.create(client.stopInstance(StopInstance.of("i-1")))
          .assertNext(accepted -> assertThat(accepted.attempts()).isEqualTo(2))
          .expectComplete()
          .verify(Reasons.PATIENCE);
      StepVerifier.create(client.stopInstance(StopInstance.of("i-1")).onErrorComplete())
          .thenConsumeWhile(accepted -> true)
          .expectComplete()
          .verify(Reasons.PATIENCE);
      assertThat(sts.requests()).hasSize(2);
      assertThat(simulator.ledger().effects()).isEqualTo(1);
    } finally {
      StepVerifier.create(client.closeAsync()).verifyComplete();
      simulator.dispose();
      sts.close();
    }
  }

  private static CredentialsProvider role(FakeSts sts, VirtualTimeScheduler time) {
    AssumeRoleOptions options = AssumeRoleOptions.builder(TRN).transport(sts).build();
    return new RefreshingCredentials(
        new AssumeRoleCredentials(
            CredentialsProvider.fixed(ASKER), options, new ClockSkew(() -> now(time))),
        () -> now(time),
        () -> 0);
  }

  private static Instant now(VirtualTimeScheduler time) {
    return Instant.ofEpochMilli(time.now(TimeUnit.MILLISECONDS));
  }

  private static void expect(CredentialsProvider source, Credentials expected) {
    List<Credentials> got = new ArrayList<>();
    source.resolve().subscribe(got::add);
    assertThat(got).containsExactly(expected);
  }
}
