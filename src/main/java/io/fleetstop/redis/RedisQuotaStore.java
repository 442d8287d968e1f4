package io.fleetstop.redis;

import io.fleetstop.limit.QuotaStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A shared quota in Redis; see {@link PaceScripts}. */
final class RedisQuotaStore implements QuotaStore {

  private static final int RING = 21;
  private static final long NANOS_PER_MICRO = 1_000;

  // Beyond these, instants overflow.
  private static final long MAX_DELAY_NANOS = TimeUnit.DAYS.toNanos(36_500);
  private static final double MIN_RATE = 1e-6;
  private static final double MAX_RATE = 1e9;

  /** Lua counts on from here without a loss. In microseconds, it is the year 2255. */
  private static final long MAX_EPOCH = 9_000_000_000_000_000L;

  private final Mono<RedisConnection> commands;
  private final Mono<RedisConnection> messages;
  private final String member;
  private final String key;
  private final String members;
  private final String channel;

  /**
   * Creates the store of a quota.
   *
   * @param commands the connection, which ends within a second if there is none
   * @param messages the connection, which may wait until there is one
   * @param member the name of this process, not used by another one
   * @param scope the name of the quota
   */
  RedisQuotaStore(
      Mono<RedisConnection> commands, Mono<RedisConnection> messages, String member, String scope) {
    this.commands = commands;
    this.messages = messages;
    this.member = member;
    // All keys of a quota are in one slot of a cluster, by what is in the braces.
    this.key = "fleetstop:{" + scope + "}:pace";
    this.members = key + ":members";
    this.channel = key + ":decisions";
  }

  @Override
  public Mono<Lease> lease(LeaseRequest request) {
    return commands.flatMap(
        connection ->
            connection.run(
                PaceScripts.LEASE,
                List.of(key, members),
                List.of(
                    member,
                    String.valueOf(request.wanted()),
                    request.fixed() ? "1" : "0",
                    String.valueOf(request.burst()),
                    String.valueOf(request.seed().permitsPerSecond()),
                    request.seed().state(),
                    String.valueOf(request.accepted()),
                    String.valueOf(request.rejected()),
                    String.valueOf(request.unused()),
                    String.valueOf(request.testedRate()),
                    String.valueOf(request.seed().epoch()),
                    String.valueOf(request.seed().revision()),
                    String.valueOf(request.maxDelayNanos() / NANOS_PER_MICRO),
                    String.valueOf(request.floor()),
                    String.valueOf(request.ceiling())),
                reply -> requireSane(request, lease(reply))));
  }

  private static Lease lease(List<Object> reply) {
    List<Integer> counts = new ArrayList<>();
    for (String count : text(reply, 9).split(" ", -1)) {
      counts.add(Integer.valueOf(count));
    }
    return new Lease(
        rate(reply.subList(1, 5)),
        number(reply, 0) * NANOS_PER_MICRO,
        (int) number(reply, 5),
        number(reply, 6) * NANOS_PER_MICRO,
        (int) number(reply, 7),
        Double.parseDouble(text(reply, 8)),
        new Counts(
            counts.subList(0, RING),
            counts.subList(RING, 2 * RING),
            counts.subList(2 * RING, 3 * RING)));
  }

  /** What something else has written to the keys must neither fill the memory nor end a pace. */
  private static Lease requireSane(LeaseRequest request, Lease lease) {
    boolean sane =
        lease.count() >= 0
            && lease.count() <= Math.max(1, request.wanted())
            && Math.abs(lease.delayNanos()) <= MAX_DELAY_NANOS
            && isRate(lease.rate());
    if (!sane) {
      throw new IllegalStateException("the keys of the rate in Redis hold no rate");
    }
    return lease;
  }

  private static boolean isRate(SharedRate rate) {
    return rate.permitsPerSecond() >= MIN_RATE
        && rate.permitsPerSecond() <= MAX_RATE
        && isNumber(rate.epoch())
        && isNumber(rate.revision());
  }

  private static boolean isNumber(long decision) {
    return decision >= 0 && decision <= MAX_EPOCH;
  }

  @Override
  public Mono<SharedRate> decide(Decision decision) {
    return commands
        .flatMap(
            connection ->
                connection.run(
                    PaceScripts.DECIDE,
                    List.of(key),
                    List.of(
                        String.valueOf(decision.revision()),
                        String.valueOf(decision.permitsPerSecond()),
                        decision.state(),
                        decision.fence() ? "1" : "0",
                        String.valueOf(decision.holdNanos() / NANOS_PER_MICRO),
                        channel),
                    RedisQuotaStore::rate))
        .filter(RedisQuotaStore::isRate);
  }

  @Override
  public Flux<SharedRate> decisions() {
    return messages
        .flatMapMany(connection -> connection.messages(channel))
        .flatMapIterable(RedisQuotaStore::decision);
  }

  /** Anybody may publish: what is no decision must not end the messages. */
  private static List<SharedRate> decision(String text) {
    try {
      SharedRate rate = rate(List.of(text.split(" ", 4)));
      return isRate(rate) ? List.of(rate) : List.of();
    } catch (NumberFormatException | IndexOutOfBoundsException other) {
      return List.of();
    }
  }

  private static SharedRate rate(List<?> fields) {
    return new SharedRate(
        number(fields, 0), number(fields, 1), Double.parseDouble(text(fields, 2)), text(fields, 3));
  }

  private static long number(List<?> reply, int index) {
    return Long.parseLong(text(reply, index));
  }

  private static String text(List<?> reply, int index) {
    return String.valueOf(reply.get(index));
  }
}
