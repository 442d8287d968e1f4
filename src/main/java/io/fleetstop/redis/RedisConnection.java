package io.fleetstop.redis;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
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
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
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
  private static final Duration RECONNECT_DELAY = Duration.ofMillis(500);
  private static final long CONNECT_RETRIES = 5;

  /** A server that accepts connections and never replies must not keep a command waiting. */
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(20);

  private static final long CLOSE_SECONDS = 2;
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
  private static final Pattern ERROR_CODE = Pattern.compile("[A-Z]{2,20}\\b");

  private static final Map<String, String> HINTS =
      Map.of(
          "DB index", "it has no database of that number: check the number at the end of the URL",
          "SELECT is not allowed", "a cluster has database 0 only: leave the number out of the URL",
          "without any password", "it has no password: leave the password out of the URL",
          "WRONGPASS", "check the user and the password",
          "NOAUTH", "it requires a password: redis://:PASSWORD@HOST in FLEETSTOP_REDIS_URL",
          "NOPERM", "its user may not run a command that fleetstop needs",
          "LOADING", "it still loads its data: run the command again later",
          "max number of clients", "it has too many clients: run the command again later");

  private final RedisOptions options;
  private final ClientResources resources;
  private final AbstractRedisClient client;
  private volatile @Nullable RedisClusterReactiveCommands<String, String> commands;
  private final Mono<StatefulRedisPubSubConnection<String, String>> subscriber =
      Mono.defer(this::subscribing).cacheInvalidateIf(connected -> false);
  private final AtomicBoolean away = new AtomicBoolean();
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
        .sslOptions(options.certificates())
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
                .filter(failure -> rejection(failure) == null)
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

  /**
   * Messages of the driver name the user. Those of a server may repeat the password, as Redis 5
   * does for the login that it does not know, or control a terminal: only their code is shown.
   */
  private Throwable meaning(Throwable failure) {
    String rejected = rejection(failure);
    return new RedisSetupException(
        rejected != null
            ? options.address() + " refused: " + rejected
            : "cannot connect to Redis at "
                + options.address()
                + ": check the address, and that the server runs");
  }

  /** Returns an error that has no more of a server's error than its code. */
  Throwable withoutServerText(Throwable failure) {
    return rejection(failure) == null ? failure : meaning(failure);
  }

  private static @Nullable String rejection(Throwable failure) {
    Throwable cause = Exceptions.unwrap(failure);
    for (int depth = 0; cause != null && depth < 10; depth++) {
      if (cause instanceof RedisCommandExecutionException) {
        String text = String.valueOf(cause.getMessage());
        Matcher code = ERROR_CODE.matcher(text);
        String hint = hint(text);
        return (code.lookingAt() ? code.group() : "an error without a code")
            + (hint.isEmpty() ? "" : " (" + hint + ")");
      }
      cause = cause.getCause();
    }
    return null;
  }

  /** Returns what to check, by a part of an error that every server words the same; or nothing. */
  private static String hint(String error) {
    return HINTS.entrySet().stream()
        .filter(hint -> error.contains(hint.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("");
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
    }
  }

  private void onFailure(Throwable failure) {
    if (!away.getAndSet(true)) {
      String rejected = rejection(failure);
      LOG.warn(
          "{} is away ({}), and is tried every half second. Until it is back, this process calls at"
              + " its share of the last rate, and sends no stop call of a shared run",
          options.address(),
          rejected != null ? rejected : failure.getClass().getSimpleName());
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
