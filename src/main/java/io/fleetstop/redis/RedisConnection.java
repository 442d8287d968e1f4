package io.fleetstop.redis;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.reactive.RedisClusterReactiveCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.pubsub.api.reactive.ChannelMessage;
import io.lettuce.core.pubsub.api.reactive.RedisPubSubReactiveCommands;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.publisher.Sinks.EmitResult;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * A connection to Redis that was checked to be fit. It reconnects every half second while the
 * server is away; until then its commands fail at once, and each fails after a second without a
 * reply. Nothing blocks. A server that is away is logged once until it is back.
 */
public final class RedisConnection {

  private static final Logger LOG = LoggerFactory.getLogger(RedisConnection.class);

  /** Virtual machines that start are slow to read a reply. */
  private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(1);

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  /** Shorter, so that a port without TLS is told from one that cannot be reached. */
  private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(4);

  private static final Duration RECONNECT_DELAY = Duration.ofMillis(500);
  private static final long CONNECT_RETRIES = 5;

  /** A server that accepts connections and never replies must not keep a command waiting. */
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(20);

  private static final long CLOSE_SECONDS = 2;
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
  private final RedisOptions options;
  private final ClientResources resources;
  private final AbstractRedisClient client;
  private volatile @Nullable RedisClusterReactiveCommands<String, String> commands;
  private final Mono<StatefulRedisPubSubConnection<String, String>> subscriber =
      Mono.defer(this::subscribing).cacheInvalidateIf(connected -> false);
  private final AtomicBoolean away = new AtomicBoolean();
  private final Sinks.Many<Boolean> availability = Sinks.many().multicast().directBestEffort();
  private volatile List<String> warnings = List.of();

  private RedisConnection(RedisOptions options) {
    this.options = options;
    this.resources =
        ClientResources.builder().reconnectDelay(Delay.constant(RECONNECT_DELAY)).build();
    this.client = options.isCluster() ? clusterClient() : singleClient();
  }

  private RedisClient singleClient() {
    RedisClient single = RedisClient.create(resources);
    single.setOptions(failingFast(ClientOptions.builder()).build());
    return single;
  }

  private RedisClusterClient clusterClient() {
    RedisClusterClient cluster = RedisClusterClient.create(resources, options.servers());
    ClusterClientOptions.Builder builder = ClusterClientOptions.builder();
    failingFast(builder);
    cluster.setOptions(builder.build());
    return cluster;
  }

  private ClientOptions.Builder failingFast(ClientOptions.Builder builder) {
    return builder
        .autoReconnect(true)
        .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
        // The caller of a command decides whether it may be repeated.
        .replayFilter(command -> true)
        .maintNotificationsConfig(MaintNotificationsConfig.disabled())
        .socketOptions(
            SocketOptions.builder().connectTimeout(CONNECT_TIMEOUT).keepAlive(true).build())
        .sslOptions(options.certificates().mutate().handshakeTimeout(HANDSHAKE_TIMEOUT).build())
        .timeoutOptions(TimeoutOptions.enabled(COMMAND_TIMEOUT));
  }

  /**
   * Connects and checks the server, for some seconds if it is not there yet.
   *
   * <p>Errors: {@link RedisSetupException} if it cannot be reached, refuses the login, or is not
   * fit: a version before 6.2, a replica, or an eviction policy other than {@code noeviction}.
   */
  public static Mono<RedisConnection> connect(RedisOptions options) {
    return connect(options, CONNECT_RETRIES, CONNECT_LIMIT);
  }

  static Mono<RedisConnection> connect(RedisOptions options, long retries, Duration limit) {
    Objects.requireNonNull(options, "options");
    // The driver opens selectors and reads settings.
    return Mono.fromSupplier(() -> new RedisConnection(options))
        .subscribeOn(Schedulers.boundedElastic())
        .flatMap(
            created ->
                created
                    .open(retries)
                    .timeout(limit, Mono.error(() -> created.meaning(new TimeoutException())))
                    .doOnError(failure -> created.closeLater())
                    .doOnCancel(created::closeLater)
                    .thenReturn(created));
  }

  private Mono<Void> open(long retries) {
    return Mono.defer(this::connected)
        .timeout(CONNECT_TIMEOUT)
        .retryWhen(
            Retry.fixedDelay(retries, RECONNECT_DELAY)
                .filter(failure -> !RedisFailures.isFinal(failure))
                .onRetryExhaustedThrow((unused, last) -> last.failure()))
        .onErrorMap(this::meaning)
        .flatMap(
            connected -> {
              commands = connected;
              return connected.info().onErrorMap(this::meaning);
            })
        .doOnNext(info -> warnings = RedisRequirements.check(info, options))
        .then();
  }

  private Mono<RedisClusterReactiveCommands<String, String>> connected() {
    if (client instanceof RedisClusterClient cluster) {
      return Mono.fromCompletionStage(cluster::refreshPartitionsAsync)
          .then(Mono.fromCompletionStage(() -> cluster.connectAsync(StringCodec.UTF8)))
          .map(connection -> connection.reactive());
    }
    return Mono.fromCompletionStage(
            () -> ((RedisClient) client).connectAsync(StringCodec.UTF8, options.servers().get(0)))
        .map(connection -> connection.reactive());
  }

  private RedisSetupException meaning(Throwable failure) {
    return RedisFailures.meaning(failure, options);
  }

  /** Returns an error that has no more of a server's error than its code. */
  Throwable withoutServerText(Throwable failure) {
    return RedisFailures.rejection(failure) == null ? failure : meaning(failure);
  }

  /** Returns the commands; each fails after a second, and at once while disconnected. */
  RedisClusterReactiveCommands<String, String> commands() {
    return Objects.requireNonNull(commands, "commands");
  }

  /**
   * Runs a script with the keys and the arguments, and reads its reply. The first failure since the
   * last reply is a warning in the log, whatever part of this process it is for.
   */
  <T> Mono<T> run(
      RedisScript script,
      List<String> keys,
      List<String> arguments,
      Function<List<Object>, T> reader) {
    return Mono.defer(() -> script.run(commands(), keys, arguments))
        .map(reader)
        .doOnNext(reply -> onReply())
        .doOnError(this::onFailure);
  }

  private void onReply() {
    if (away.get() && away.compareAndSet(true, false)) {
      LOG.info("{} is back", options.address());
      emit(true);
    }
  }

  private void emit(boolean available) {
    availability.emitNext(available, (signal, result) -> result == EmitResult.FAIL_NON_SERIALIZED);
  }

  /**
   * Emits {@code false} when the server is found to be away, which is also logged, and {@code true}
   * when it is back. Only what happens after the subscription; on the threads of the connection.
   */
  public Flux<Boolean> availability() {
    return availability.asFlux();
  }

  private void onFailure(Throwable failure) {
    if (!away.getAndSet(true)) {
      String rejected = RedisFailures.rejection(failure);
      LOG.warn(
          "{} is away ({}), and is tried every half second. Until it is back, this process calls at"
              + " its share of the last rate, and sends no stop call of a shared run",
          options.address(),
          rejected != null ? rejected : failure.getClass().getSimpleName());
      emit(false);
    }
  }

  /**
   * Returns the messages of a channel, from a second connection. While the server is away there are
   * none, and those of that time are lost.
   */
  Flux<String> messages(String channel) {
    return subscriber
        .flatMapMany(
            connection -> {
              RedisPubSubReactiveCommands<String, String> reactive = connection.reactive();
              return reactive
                  .observeChannels()
                  .filter(message -> message.getChannel().equals(channel))
                  .map(ChannelMessage::getMessage)
                  .mergeWith(reactive.subscribe(channel).then(Mono.empty()));
            })
        .onErrorMap(this::meaning);
  }

  private Mono<StatefulRedisPubSubConnection<String, String>> subscribing() {
    if (client instanceof RedisClusterClient cluster) {
      return Mono.fromCompletionStage(() -> cluster.connectPubSubAsync(StringCodec.UTF8))
          .map(connection -> connection);
    }
    return Mono.fromCompletionStage(
        () ->
            ((RedisClient) client).connectPubSubAsync(StringCodec.UTF8, options.servers().get(0)));
  }

  /** Returns what the user should know of the server, such as that a restart forgets all. */
  public List<String> warnings() {
    return warnings;
  }

  /** Returns the address without user and password. */
  public String address() {
    return options.address();
  }

  /** Closes the connection and its threads. */
  public Mono<Void> close() {
    // What is cancelled by the end of the connection is no reason for a warning.
    Mono<Void> quiet = Mono.fromRunnable(() -> away.set(true));
    // The timer of the driver is joined.
    Mono<Void> threads =
        Mono.fromCallable(() -> resources.shutdown(0, CLOSE_SECONDS, SECONDS))
            .subscribeOn(Schedulers.boundedElastic())
            .then();
    return quiet
        .then(Mono.fromCompletionStage(() -> client.shutdownAsync(0, CLOSE_SECONDS, SECONDS)))
        // The driver waits for connections that are being opened, such as those of a cluster.
        .timeout(CLOSE_LIMIT, Mono.empty())
        .then(threads);
  }

  /** The driver takes seconds to end its threads. */
  private void closeLater() {
    close()
        .subscribe(
            nothing -> {},
            failure -> LOG.debug("{}: the driver was not closed", options.address(), failure));
  }

  @Override
  public String toString() {
    return options.address();
  }
}
