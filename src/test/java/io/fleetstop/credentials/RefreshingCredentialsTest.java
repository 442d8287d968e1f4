package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.junit.CapturedStderr;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;

class RefreshingCredentialsTest {

  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final List<Sinks.One<Credentials>> questions = new ArrayList<>();
  private final List<Credentials> invalidated = new ArrayList<>();
  @RegisterExtension final CapturedStderr log = new CapturedStderr();
  private VirtualTimeScheduler time;
  private RefreshingCredentials credentials;

  @BeforeEach
  void setUp() {
    time = VirtualTimeScheduler.getOrSet();
    credentials =
        new RefreshingCredentials(
            new CredentialsProvider() {
              @Override
              public Mono<Credentials> resolve() {
                return Mono.defer(
                    () -> {
                      Sinks.One<Credentials> question = Sinks.one();
                      questions.add(question);
                      return question.asMono();
                    });
              }

              @Override
              public void invalidate(Credentials rejected) {
                invalidated.add(rejected);
              }
            },
            this::now,
            () -> 0);
  }

  @Test
  void resolve_isCold() {
    Mono<Credentials> unused = credentials.resolve();

    assertThat(questions).isEmpty();
  }

  @Test
  void concurrentCallers_shareOneFetch() {
    Credentials value = lasting("1", HOUR);
    List<Credentials> got = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      credentials.resolve().subscribe(got::add);
    }

    assertThat(questions).hasSize(1);
    answer(value);

    assertThat(got).hasSize(10).containsOnly(value);
  }

  @Test
  void cancelledCaller_leavesTheSharedFetchRunning() {
    Credentials value = lasting("1", HOUR);
    List<Credentials> got = new ArrayList<>();
    var first = credentials.resolve().subscribe();
    credentials.resolve().subscribe(got::add);

    first.dispose();
    answer(value);

    assertThat(got).containsExactly(value);
    assertThat(questions).hasSize(1);
  }

  @Test
  void credentialsWithoutExpiry_areKept() {
    Credentials value = Credentials.of("AK", "SK");
    fetch(value);
    time.advanceTimeBy(Duration.ofDays(365));

    expect(value);
    assertThat(questions).hasSize(1);
  }

  @Test
  void refresh_startsBeforeExpiryInTheBackground() {
    Credentials old = lasting("1", HOUR);
    fetch(old);
    time.advanceTimeBy(Duration.ofMinutes(55).minusSeconds(1));
    expect(old);
    assertThat(questions).hasSize(1);

    time.advanceTimeBy(Duration.ofSeconds(1));
    expect(old);
    expect(old);
    assertThat(questions).hasSize(2);

    Credentials next = lasting("2", HOUR);
    answer(next);
    expect(next);
    assertThat(questions).hasSize(2);
  }

  @Test
  void failedRefresh_isRetriedAfterABackoff() {
    Credentials old = lasting("1", HOUR);
    fetch(old);
    time.advanceTimeBy(Duration.ofMinutes(55));
    expect(old);
    fail();
    expect(old);
    assertThat(questions).hasSize(2);

    time.advanceTimeBy(Duration.ofSeconds(1));
    expect(old);
    assertThat(questions).hasSize(3);
    fail();

    time.advanceTimeBy(Duration.ofSeconds(1));
    expect(old);
    assertThat(questions).hasSize(3);
    time.advanceTimeBy(Duration.ofSeconds(1));
    expect(old);
    assertThat(questions).hasSize(4);
  }

  @Test
  void outage_isLoggedOnce() {
    fetch(lasting("1", HOUR));
    time.advanceTimeBy(Duration.ofMinutes(55));
    for (int i = 0; i < 4; i++) {
      StepVerifier.create(credentials.resolve()).expectNextCount(1).verifyComplete();
      fail();
      time.advanceTimeBy(Duration.ofSeconds(10));
    }
    assertThat(log.text())
        .containsOnlyOnce("WARN io.fleetstop.credentials.RefreshingCredentials")
        .contains("source is down")
        .doesNotContain("SK1", "T1");

    StepVerifier.create(credentials.resolve()).expectNextCount(1).verifyComplete();
    answer(lasting("2", HOUR));
    time.advanceTimeBy(Duration.ofMinutes(55));
    StepVerifier.create(credentials.resolve()).expectNextCount(1).verifyComplete();
    fail();

    assertThat(log.text().split("WARN", -1)).as("another outage").hasSize(3);
  }

  @Test
  void failureSeenByACaller_isNotLogged() {
    StepVerifier.create(credentials.resolve()).then(this::fail).verifyError();

    assertThat(log.text()).doesNotContain("WARN");
  }

  @Test
  void failedRefresh_surfacesAfterExpiry() {
    fetch(lasting("1", HOUR));
    time.advanceTimeBy(HOUR);

    StepVerifier.create(credentials.resolve())
        .then(this::fail)
        .verifyErrorSatisfies(error -> assertThat(error).hasMessageContaining("source is down"));
  }

  @Test
  void failure_isNotCached() {
    Credentials value = lasting("1", HOUR);
    StepVerifier.create(credentials.resolve()).then(this::fail).verifyError();

    StepVerifier.create(credentials.resolve())
        .then(() -> answer(value))
        .expectNext(value)
        .verifyComplete();
  }

  @Test
  void emptySource_fails() {
    StepVerifier.create(credentials.resolve())
        .then(() -> questions.get(0).tryEmitEmpty())
        .verifyErrorSatisfies(
            error -> assertThat(error).hasMessageContaining("the source returned no credentials"));
  }

  @Test
  void silentSource_timesOut() {
    StepVerifier.create(credentials.resolve())
        .then(() -> time.advanceTimeBy(RefreshingCredentials.FETCH_TIMEOUT))
        .verifyErrorSatisfies(
            error -> assertThat(error).hasMessageContaining("did not answer within 30 s"));

    credentials.resolve().subscribe();
    assertThat(questions).hasSize(2);
  }

  @Test
  void expiredCredentials_areFetchedOncePerMinute() {
    Credentials expired = lasting("1", HOUR.negated());
    fetch(expired);

    expect(expired);
    time.advanceTimeBy(RefreshingCredentials.EXPIRED_USE.minusMillis(1));
    expect(expired);
    assertThat(questions).hasSize(1);
    assertThat(log.text()).containsOnlyOnce("before they arrived");

    time.advanceTimeBy(Duration.ofMillis(1));
    Credentials next = lasting("2", HOUR);
    fetch(next);
    assertThat(questions).hasSize(2);
  }

  @Test
  void rejectedCredentials_areFetchedAgain() {
    Credentials old = Credentials.of("AK1", "SK1", "T1");
    Credentials next = Credentials.of("AK2", "SK2", "T2");
    fetch(old);

    credentials.invalidate(old);

    fetch(next);
    expect(next);
    assertThat(invalidated).containsExactly(old);
  }

  @Test
  void lateRejection_keepsTheNewCredentials() {
    Credentials old = Credentials.of("AK1", "SK1", "T1");
    Credentials next = Credentials.of("AK2", "SK2", "T2");
    fetch(old);
    credentials.invalidate(old);
    fetch(next);

    credentials.invalidate(old);

    expect(next);
    assertThat(questions).hasSize(2);
  }

  @Test
  void fetchStartedBeforeRejection_isNotKept() {
    Credentials old = lasting("1", HOUR);
    Credentials next = lasting("2", HOUR.multipliedBy(2));
    fetch(old);
    time.advanceTimeBy(Duration.ofMinutes(55));
    expect(old);
    assertThat(questions).hasSize(2);

    credentials.invalidate(old);
    List<Credentials> got = new ArrayList<>();
    credentials.resolve().subscribe(got::add);
    assertThat(questions).hasSize(3);
    questions.get(1).tryEmitValue(old);
    assertThat(got).isEmpty();
    answer(next);

    assertThat(got).containsExactly(next);
    expect(next);
    assertThat(questions).hasSize(3);
  }

  @Test
  void failedFetchStartedBeforeRejection_isIgnored() {
    Credentials old = lasting("1", HOUR);
    fetch(old);
    time.advanceTimeBy(Duration.ofMinutes(55));
    expect(old);

    credentials.invalidate(old);
    questions.get(1).tryEmitError(CredentialsErrors.unavailable("source is down"));

    fetch(lasting("2", HOUR.multipliedBy(2)));
    assertThat(log.text()).doesNotContain("WARN");
  }

  @Test
  void fatalError_allowsALaterFetch() {
    AtomicInteger asked = new AtomicInteger();
    RefreshingCredentials passing =
        new RefreshingCredentials(
            () -> {
              if (asked.incrementAndGet() == 1) {
                throw new OutOfMemoryError("on purpose");
              }
              return Mono.just(Credentials.of("AK", "SK"));
            },
            this::now,
            () -> 0);
    assertThatThrownBy(() -> passing.resolve().subscribe()).isInstanceOf(OutOfMemoryError.class);

    StepVerifier.create(passing.resolve()).expectNextCount(1).expectComplete().verify(TIMEOUT);
  }

  @Test
  void callerRacingWithTheAnswer_doesNotFetchAgain() {
    ExecutorService executor = Executors.newFixedThreadPool(2);
    Scheduler threads = Schedulers.fromExecutor(executor);
    for (int round = 0; round < 5_000; round++) {
      AtomicInteger asked = new AtomicInteger();
      RefreshingCredentials raced =
          new RefreshingCredentials(
              () -> Mono.fromSupplier(() -> Credentials.of("AK" + asked.incrementAndGet(), "SK")),
              this::now,
              () -> 0);
      RaceTestUtils.race(
          threads, () -> raced.resolve().subscribe(), () -> raced.resolve().subscribe());
      assertThat(asked).hasValue(1);
    }
    executor.shutdown();
  }

  @ParameterizedTest
  @CsvSource({
    "PT1H, 0, PT5M",
    "PT1H, 0.5, PT5M30S",
    "PT6M, 0, PT3M",
    "PT0S, 0, PT0S",
    "PT-10M, 0, PT-5M",
  })
  void refreshMargin_isAtMostHalfTheLifetime(Duration left, double random, Duration lead) {
    assertThat(RefreshingCredentials.lead(left, random)).isEqualTo(lead);
  }

  @ParameterizedTest
  @CsvSource({"0, PT1S", "1, PT2S", "5, PT32S", "6, PT64S", "7, PT64S", "1000, PT64S"})
  void backoff_growsUpTo64Seconds(int failures, Duration backoff) {
    assertThat(RefreshingCredentials.backoff(failures)).isEqualTo(backoff);
  }

  private Instant now() {
    return Instant.ofEpochMilli(time.now(TimeUnit.MILLISECONDS));
  }

  private Credentials lasting(String name, Duration life) {
    return new Credentials("AK" + name, "SK" + name, "T" + name, now().plus(life));
  }

  private void fetch(Credentials value) {
    StepVerifier.create(credentials.resolve())
        .then(() -> answer(value))
        .expectNext(value)
        .verifyComplete();
  }

  private void expect(Credentials value) {
    StepVerifier.create(credentials.resolve()).expectNext(value).verifyComplete();
  }

  private void answer(Credentials value) {
    questions.get(questions.size() - 1).tryEmitValue(value);
  }

  private void fail() {
    questions
        .get(questions.size() - 1)
        .tryEmitError(CredentialsErrors.unavailable("source is down"));
  }
}
