package io.fleetstop.credentials;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Keeps what a source gave: for good, or until a while before its end, when one refresh starts and
 * the old value still serves. Callers that find no value share one flight.
 *
 * <p>Nothing runs between calls: a refresh is started by the call that finds it due. If it fails
 * while the old value serves, a warning says so, once until one succeeds.
 */
final class RefreshingCredentials implements CredentialsProvider {

  /** How long before their end credentials are refreshed; the official SDKs take as much. */
  static final Duration MARGIN = Duration.ofMinutes(5);

  /** A flight is shared, so that no caller's own timeout can end it. */
  static final Duration FLIGHT_TIMEOUT = Duration.ofSeconds(30);

  private static final double JITTER = 0.2;
  private static final Duration FIRST_BACKOFF = Duration.ofSeconds(1);
  private static final int MAX_DOUBLINGS = 6;
  private static final Logger LOG = LoggerFactory.getLogger(RefreshingCredentials.class);

  /**
   * @param current the last value, or {@code null} before the first and after it was refused
   * @param refreshAt when to ask the source again while {@code current} serves
   * @param failures how many refreshes have failed since the last that did not
   * @param flight the running question to the source, or {@code null}
   */
  private record State(
      @Nullable Credentials current,
      Instant refreshAt,
      int failures,
      Sinks.@Nullable One<Credentials> flight) {

    /** The last value, if there is one and it has not ended. */
    @Nullable Credentials valid(Instant now) {
      return current == null || hasEnded(current, now) ? null : current;
    }

    State with(Sinks.@Nullable One<Credentials> flight) {
      return new State(current, refreshAt, failures, flight);
    }
  }

  private final CredentialsProvider source;
  private final InstantSource clock;
  private final DoubleSupplier random;
  private final AtomicReference<State> state =
      new AtomicReference<>(new State(null, Instant.MIN, 0, null));

  RefreshingCredentials(CredentialsProvider source, InstantSource clock, DoubleSupplier random) {
    this.source = source;
    this.clock = clock;
    this.random = random;
  }

  static RefreshingCredentials of(CredentialsProvider source) {
    return of(source, Clock.systemUTC());
  }

  static RefreshingCredentials of(CredentialsProvider source, InstantSource clock) {
    return new RefreshingCredentials(source, clock, () -> ThreadLocalRandom.current().nextDouble());
  }

  @Override
  public Mono<Credentials> resolve() {
    return Mono.defer(() -> find(clock.instant()));
  }

  private Mono<Credentials> find(Instant now) {
    State seen = Objects.requireNonNull(state.get());
    Credentials valid = seen.valid(now);
    Sinks.One<Credentials> flight = seen.flight;
    if (flight == null && (valid == null || !now.isBefore(seen.refreshAt))) {
      flight = Sinks.one();
      if (!state.compareAndSet(seen, seen.with(flight))) {
        // Another answer may be there by now: it has to be looked at before a question is asked.
        return find(now);
      }
      ask(flight);
    }
    return valid != null ? Mono.just(valid) : Objects.requireNonNull(flight).asMono();
  }

  /**
   * A question that was asked before its answer was refused may get the same answer: those who wait
   * for it are told, but it is not kept, and whoever comes now asks again.
   */
  @Override
  public void invalidate(Credentials rejected) {
    state.updateAndGet(
        seen ->
            rejected.equals(seen.current)
                ? new State(null, Instant.MIN, seen.failures, null)
                : seen);
    source.invalidate(rejected);
  }

  private void ask(Sinks.One<Credentials> flight) {
    try {
      subscribe(flight);
    } catch (Throwable fatal) {
      // Or nobody would ever ask again.
      fail(flight, fatal);
      throw fatal;
    }
  }

  // The one subscription of our own: a refresh has callers to serve, none to wait for, and must
  // not end with the first of those that share it.
  private void subscribe(Sinks.One<Credentials> flight) {
    Mono.defer(source::resolve)
        .switchIfEmpty(Mono.error(() -> CredentialsErrors.because("the source answered nothing")))
        .timeout(
            FLIGHT_TIMEOUT,
            Mono.error(
                () ->
                    CredentialsErrors.because(
                        "the source did not answer in " + FLIGHT_TIMEOUT.toSeconds() + " s")))
        .subscribe(credentials -> land(flight, credentials), error -> fail(flight, error));
  }

  private void land(Sinks.One<Credentials> flight, Credentials credentials) {
    State landed = new State(credentials, refreshAt(credentials), 0, null);
    state.updateAndGet(seen -> seen.flight == flight ? landed : seen);
    flight.tryEmitValue(credentials);
  }

  private void fail(Sinks.One<Credentials> flight, Throwable error) {
    Instant now = clock.instant();
    State before =
        Objects.requireNonNull(
            state.getAndUpdate(
                seen ->
                    seen.flight != flight
                        ? seen
                        : new State(
                            seen.current,
                            now.plus(backoff(seen.failures)),
                            Math.min(seen.failures + 1, MAX_DOUBLINGS),
                            null)));
    // Whoever finds no value is told; while the old one serves nobody would know, until it ends.
    Credentials serving = before.valid(now);
    if (serving != null && before.flight == flight) {
      LOG.atLevel(before.failures == 0 ? Level.WARN : Level.DEBUG)
          .log(
              "Credentials could not be refreshed, the old ones serve until {}: {}",
              serving.expiration(),
              CredentialsErrors.reason(error));
    }
    flight.tryEmitError(error);
  }

  private Instant refreshAt(Credentials credentials) {
    Instant end = credentials.expiration();
    if (end == null) {
      return Instant.MAX;
    }
    return end.minus(lead(Duration.between(clock.instant(), end), random.getAsDouble()));
  }

  /**
   * How long before their end to refresh credentials: the margin and up to a fifth more, so that a
   * fleet of clients does not ask at once, but never more than half of the time that is left.
   *
   * @param left how long they last from now on
   * @param random at least 0, less than 1
   */
  static Duration lead(Duration left, double random) {
    Duration jittered = MARGIN.plusMillis((long) (MARGIN.toMillis() * JITTER * random));
    Duration half = left.dividedBy(2);
    return half.compareTo(jittered) < 0 ? half : jittered;
  }

  /** How long to let a source be after a refresh failed: a second, doubled up to 64. */
  static Duration backoff(int failures) {
    return FIRST_BACKOFF.multipliedBy(1L << Math.min(failures, MAX_DOUBLINGS));
  }

  private static boolean hasEnded(Credentials credentials, Instant now) {
    return credentials.expiration() != null && !now.isBefore(credentials.expiration());
  }
}
