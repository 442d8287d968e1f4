package io.fleetstop.redis;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;

/**
 * A connection that its first use opens, for a process that must start while Redis is away. What
 * cannot be opened is tried again five seconds later, if it is used. Nothing blocks; thread-safe.
 */
public final class LazyRedisConnection {

  private static final Logger LOG = LoggerFactory.getLogger(LazyRedisConnection.class);

  private static final Duration RETRY_DELAY = Duration.ofSeconds(5);

  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  /** As long as a command may take. */
  private static final Duration WAIT = Duration.ofSeconds(1);

  private static final Duration FOR_EVER = Duration.ofMillis(Long.MAX_VALUE);

  private final RedisOptions options;
  private final Mono<RedisConnection> connection;
  private final AtomicBoolean isFailing = new AtomicBoolean();
  private final Sinks.Empty<Void> end = Sinks.empty();
  private final Mono<Void> closing = Mono.defer(this::end).cache();
  private volatile boolean closed;
  private volatile @Nullable RedisConnection open;

  private LazyRedisConnection(RedisOptions options) {
    this.options = Objects.requireNonNull(options, "options");
    this.connection =
        Mono.defer(() -> RedisConnection.connect(options, 0, CONNECT_LIMIT))
            .takeUntilOther(end.asMono())
            .doOnNext(this::onConnected)
            .doOnError(this::onFailure)
            .switchIfEmpty(
                Mono.error(
                    () ->
                        new RedisSetupException(options.address() + ": the connection is closed")))
            .cache(connected -> FOR_EVER, failure -> RETRY_DELAY, () -> Duration.ZERO);
  }

  /** Returns a connection by these options; opens nothing. */
  public static LazyRedisConnection of(RedisOptions options) {
    return new LazyRedisConnection(options);
  }

  /**
   * Opens the connection, or returns the one that is open.
   *
   * <p>Errors: {@link RedisSetupException}, as those of {@link RedisConnection#connect}, also for
   * five seconds after it; or if this is closed.
   */
  public Mono<RedisConnection> connection() {
    return Mono.defer(() -> closed ? Mono.error(isClosed()) : connection);
  }

  private RedisSetupException isClosed() {
    return new RedisSetupException(options.address() + ": the connection is closed");
  }

  /** Returns the fleet of a run, which may exist or not; its errors are those of the connection. */
  public Mono<RedisFleet> fleet(String runId) {
    return connection().map(redis -> RedisFleet.of(redis, runId));
  }

  /** Opens the connection if needed, and fails after a second if it is not open by then. */
  Mono<RedisConnection> opened() {
    return connection().timeout(WAIT);
  }

  /** Returns the connection when it is open, however often it fails until then. */
  Mono<RedisConnection> openedAtLast() {
    return connection()
        .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, RETRY_DELAY).filter(failure -> !closed));
  }

  private void onConnected(RedisConnection connected) {
    open = connected;
    isFailing.set(false);
    connected.warnings().forEach(LOG::warn);
    // Closed in the meantime.
    if (closed) {
      connected.close().subscribe();
    }
  }

  private void onFailure(Throwable failure) {
    if (!isFailing.getAndSet(true)) {
      LOG.warn(
          "{}. It is tried again every 5 seconds; until then, this process has the rate that it"
              + " would have alone",
          failure instanceof RedisSetupException known
              ? known.getMessage()
              : options.address() + " cannot be used: " + failure.getClass().getSimpleName());
    }
  }

  /** Closes the connection, if it is open, and its threads; it cannot be opened again. */
  public Mono<Void> close() {
    return closing;
  }

  private Mono<Void> end() {
    closed = true;
    end.tryEmitEmpty();
    RedisConnection opened = open;
    return opened == null ? Mono.empty() : opened.close();
  }

  /** The address, without user and password. */
  @Override
  public String toString() {
    return options.address();
  }
}
