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
 * Caches the credentials of a source. Temporary credentials are refreshed before they expire, while
 * the old ones are still returned. Callers without a cached value share one fetch.
 *
 * <p>Nothing runs between calls: the first call after the refresh time starts the refresh. If it
 * fails while the old credentials are valid, one warning is logged per outage.
 */
final class RefreshingCredentials implements CredentialsProvider {

  /**
   * How long before their expiration credentials are refreshed; the same as in the official SDKs.
   */
  static final Duration MARGIN = Duration.ofMinutes(5);

  /** A fetch is shared, so no caller's own timeout ends it. */
  static final Duration FETCH_TIMEOUT = Duration.ofSeconds(30);

  /**
   * How long credentials are used that look expired when they arrive. The service decides whether
   * they are, since this clock may be wrong; fetching them for each call would load the source.
   */
  static final Duration EXPIRED_USE = Duration.ofMinutes(1);

  private static final double JITTER = 0.2;
  private static final Duration FIRST_BACKOFF = Duration.ofSeconds(1);
  private static final int MAX_DOUBLINGS = 6;
  private static final Logger LOG = LoggerFactory.getLogger(RefreshingCredentials.class);

  /**
   * @param credentials the last value, or {@code null} before the first and after its rejection
   * @param usedUntil when {@code credentials} are no longer used
   * @param refreshAt when to fetch again while {@code credentials} is valid
   * @param failures the number of consecutive failed refreshes
   * @param inFlight the running fetch, or {@code null}
   */
  private record State(
      @Nullable Credentials credentials,
      Instant usedUntil,
      Instant refreshAt,
      int failures,
      Sinks.@Nullable One<Credentials> inFlight) {

    /** Returns the last value if it has not expired. */
    @Nullable Credentials valid(Instant now) {
      return credentials == null || !now.isBefore(usedUntil) ? null : credentials;
    }

    State with(Sinks.@Nullable One<Credentials> inFlight) {
      return new State(credentials, usedUntil, refreshAt, failures, inFlight);
    }
  }

  private final CredentialsProvider source;
  private final InstantSource clock;
  private final DoubleSupplier random;
  private final AtomicReference<State> state =
      new AtomicReference<>(new State(null, Instant.MIN, Instant.MIN, 0, null));

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
    return Mono.defer(() -> resolveAt(clock.instant()));
  }

  private Mono<Credentials> resolveAt(Instant now) {
    State current = Objects.requireNonNull(state.get());
    Credentials valid = current.valid(now);
    Sinks.One<Credentials> inFlight = current.inFlight;
    if (inFlight == null && (valid == null || !now.isBefore(current.refreshAt))) {
      inFlight = Sinks.one();
      if (!state.compareAndSet(current, current.with(inFlight))) {
        // Another thread changed the state; check it again before fetching.
        return resolveAt(now);
      }
      fetch(inFlight);
    }
    return valid != null ? Mono.just(valid) : Objects.requireNonNull(inFlight).asMono();
  }

  /**
   * A fetch that started before the rejection may return the same credentials: its waiting callers
   * receive them, but they are not cached, and the next caller fetches again.
   */
  @Override
  public void invalidate(Credentials rejected) {
    state.updateAndGet(
        current ->
            rejected.equals(current.credentials)
                ? new State(null, Instant.MIN, Instant.MIN, current.failures, null)
                : current);
    source.invalidate(rejected);
  }

  @Override
  public String describe() {
    return source.describe();
  }

  private void fetch(Sinks.One<Credentials> inFlight) {
    try {
      subscribe(inFlight);
    } catch (Throwable fatal) {
      // Otherwise no later call would fetch again.
      fail(inFlight, fatal);
      throw fatal;
    }
  }

  // The only subscribe() in this package: a refresh is shared, and cancelling one of its callers
  // must not cancel it.
  private void subscribe(Sinks.One<Credentials> inFlight) {
    Mono.defer(source::resolve)
        .switchIfEmpty(
            Mono.error(() -> CredentialsErrors.unavailable("the source returned no credentials")))
        .timeout(
            FETCH_TIMEOUT,
            Mono.error(
                () ->
                    CredentialsErrors.unavailable(
                        "the source did not answer within " + FETCH_TIMEOUT.toSeconds() + " s")))
        .subscribe(credentials -> complete(inFlight, credentials), error -> fail(inFlight, error));
  }

  private void complete(Sinks.One<Credentials> inFlight, Credentials credentials) {
    State next = new State(credentials, usedUntil(credentials), refreshAt(credentials), 0, null);
    state.updateAndGet(current -> current.inFlight == inFlight ? next : current);
    inFlight.tryEmitValue(credentials);
  }

  private void fail(Sinks.One<Credentials> inFlight, Throwable error) {
    Instant now = clock.instant();
    State before =
        Objects.requireNonNull(
            state.getAndUpdate(
                current ->
                    current.inFlight != inFlight
                        ? current
                        : new State(
                            current.credentials,
                            current.usedUntil,
                            now.plus(backoff(current.failures)),
                            Math.min(current.failures + 1, MAX_DOUBLINGS),
                            null)));
    // Callers without a value get the error. While the old one is valid no caller does, so it is
    // logged.
    Credentials serving = before.valid(now);
    if (serving != null && before.inFlight == inFlight) {
      LOG.atLevel(before.failures == 0 ? Level.WARN : Level.DEBUG)
          .log(
              "Credentials could not be refreshed; the current ones are used until {}: {}",
              serving.expiration(),
              CredentialsErrors.reason(error));
    }
    inFlight.tryEmitError(error);
  }

  private Instant usedUntil(Credentials credentials) {
    Instant end = credentials.expiration();
    if (end == null) {
      return Instant.MAX;
    }
    Instant now = clock.instant();
    if (now.isBefore(end)) {
      return end;
    }
    LOG.warn(
        "The credentials expired at {}, before they arrived; they are used for {} s. Check this"
            + " machine's clock: {}",
        end,
        EXPIRED_USE.toSeconds(),
        describe());
    return now.plus(EXPIRED_USE);
  }

  private Instant refreshAt(Credentials credentials) {
    Instant end = credentials.expiration();
    if (end == null) {
      return Instant.MAX;
    }
    if (hasEnded(credentials, clock.instant())) {
      return clock.instant().plus(EXPIRED_USE);
    }
    return end.minus(lead(Duration.between(clock.instant(), end), random.getAsDouble()));
  }

  /**
   * Returns how long before their expiration to refresh credentials: the margin and up to a fifth
   * more, so that many clients do not refresh at once, but never more than half of the remaining
   * time.
   *
   * @param left the remaining lifetime
   * @param random at least 0, less than 1
   */
  static Duration lead(Duration left, double random) {
    Duration jittered = MARGIN.plusMillis((long) (MARGIN.toMillis() * JITTER * random));
    Duration half = left.dividedBy(2);
    return half.compareTo(jittered) < 0 ? half : jittered;
  }

  /** Returns the delay after a failed refresh: one second, doubled up to 64 seconds. */
  static Duration backoff(int failures) {
    return FIRST_BACKOFF.multipliedBy(1L << Math.min(failures, MAX_DOUBLINGS));
  }

  private static boolean hasEnded(Credentials credentials, Instant now) {
    return credentials.expiration() != null && !now.isBefore(credentials.expiration());
  }
}
