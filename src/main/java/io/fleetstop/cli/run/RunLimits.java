package io.fleetstop.cli.run;

import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.Progress.Pace;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.limit.AdaptiveOptions;
import io.fleetstop.limit.AdaptiveRateLimiter;
import io.fleetstop.limit.FixedRateLimiter;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.limit.SharedRateLimiter;
import io.fleetstop.limit.TokenBucketOptions;
import io.fleetstop.observe.CallListener;
import io.fleetstop.observe.CallSubject;
import io.fleetstop.retry.RetryPolicy;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * The rate limits of a run.
 *
 * @param action the action of the calls
 * @param stops the limiter of that action, shared by the whole run
 * @param singles the limiter of calls of one instance, if the service does not offer that action
 * @param adaptive whether that limiter is adaptive
 * @param describes the limiter of describe calls
 * @param maxInFlight the maximum number of concurrent calls
 */
public record RunLimits(
    String action,
    RateLimiter stops,
    RateLimiter singles,
    boolean adaptive,
    RateLimiter describes,
    int maxInFlight) {

  static final String SINGLE = "StopInstance";
  static final String START = "StartInstance";
  private static final String BATCH = "StopInstances";
  private static final String DESCRIBE = "DescribeInstances";

  private static final int MAX_IN_FLIGHT = 64;

  /** The longest expected time in the queue; further instances wait in the fleet. */
  private static final Duration MAX_QUEUE_TIME = Duration.ofSeconds(10);

  // The embedded simulator has no quota; slow start alone would take as long as the run.
  private static final double SIMULATED_INITIAL_RATE = 500;
  private static final double SIMULATED_CEILING = 1_000;

  public static RunLimits of(StopArguments options) {
    return of(options, LimiterSource.ofProcess());
  }

  /** Returns the limits of a run with limiters of {@code source}. */
  public static RunLimits of(StopArguments options, LimiterSource source) {
    boolean simulated = options.where.isSimulated();
    RateLimiter describes =
        source.adaptive(DESCRIBE, describeOptions(options.rate.maxDescribeRate, simulated));
    Integer asked = options.rate.maxInFlight;
    Double rate = options.rate.rate;
    if (rate != null) {
      // Evenly spaced calls leave the burst of the service to the jitter of the network.
      int burst = Objects.requireNonNullElse(options.rate.burst, 1);
      int inFlight = asked != null ? asked : inFlight(rate, options.retries.deadline);
      TokenBucketOptions fixed = TokenBucketOptions.of(rate, burst);
      return of(options, action -> source.fixed(action, fixed), false, describes, inFlight);
    }
    AdaptiveOptions adaptive = adaptive(options.rate.maxRate, simulated);
    int inFlight =
        asked != null ? asked : inFlight(adaptive.initialRate(), options.retries.deadline);
    return of(options, action -> source.adaptive(action, adaptive), true, describes, inFlight);
  }

  private static RunLimits of(
      StopArguments options,
      Function<String, RateLimiter> stops,
      boolean adaptive,
      RateLimiter describes,
      int inFlight) {
    Integer batch = options.rate.batch;
    RateLimiter singles = stops.apply(SINGLE);
    return batch == null || batch == 1 || options.how.dryRun
        ? new RunLimits(SINGLE, singles, singles, adaptive, describes, inFlight)
        : new RunLimits(BATCH, stops.apply(BATCH), singles, adaptive, describes, inFlight);
  }

  /** Returns the limits of a run that starts instances. */
  public static RunLimits ofStart(StopArguments options) {
    RunLimits single = of(options);
    return new RunLimits(
        START, single.stops, single.singles, single.adaptive, single.describes, single.maxInFlight);
  }

  /** Returns the limiters of a client that sends no stop calls. */
  public static RateLimiterRegistry describeLimiters(boolean simulated) {
    RateLimiter describes = RateLimiter.adaptive(describeOptions(null, simulated));
    return RateLimiterRegistry.of(scope -> describes);
  }

  private static AdaptiveOptions describeOptions(@Nullable Double maxRate, boolean simulated) {
    if (simulated) {
      return adaptive(maxRate, true);
    }
    return RateLimiterRegistry.describeOptions(
        maxRate != null ? maxRate : RateLimiterRegistry.DEFAULT_DESCRIBE_CEILING);
  }

  private static AdaptiveOptions adaptive(@Nullable Double maxRate, boolean simulated) {
    double standard = simulated ? SIMULATED_CEILING : AdaptiveOptions.DEFAULT_CEILING;
    double ceiling = maxRate != null ? maxRate : standard;
    AdaptiveOptions.Builder builder = AdaptiveOptions.builder().ceiling(ceiling);
    if (simulated) {
      builder.initialRate(Math.min(SIMULATED_INITIAL_RATE, ceiling));
    }
    return builder.build();
  }

  /**
   * Returns how many calls get a permit soon: the deadline of a call includes its time in the
   * queue.
   */
  private static int inFlight(double rate, @Nullable Duration deadline) {
    Duration callDeadline =
        deadline != null ? deadline : Objects.requireNonNull(RetryPolicy.defaults().deadline());
    double seconds = Math.min(MAX_QUEUE_TIME.toMillis(), callDeadline.toMillis() / 2) / 1_000.0;
    return (int) Math.max(1, Math.min(MAX_IN_FLIGHT, Math.ceil(rate * seconds)));
  }

  /** Changes the fixed rate, or the upper bound of the adaptive one. */
  public void changeRate(double rate) {
    changeRate(stops, rate);
    changeRate(singles, rate);
  }

  private static void changeRate(RateLimiter limiter, double rate) {
    if (limiter instanceof AdaptiveRateLimiter adaptive) {
      adaptive.changeBounds(Math.min(AdaptiveOptions.DEFAULT_FLOOR, rate), rate);
    } else if (limiter instanceof FixedRateLimiter fixed) {
      fixed.changeRate(rate);
    } else if (limiter instanceof SharedRateLimiter shared) {
      shared.changeLimit(rate);
    }
  }

  /** Returns the pace of a run, for the progress. */
  public Pace pace(RequestStats calls, RunHandle run) {
    return new Pace() {
      @Override
      public String text() {
        return describe(calls);
      }

      @Override
      public long waiting() {
        return run.progress().awaited();
      }

      @Override
      public boolean starts() {
        return action().equals(START);
      }

      @Override
      public boolean silent() {
        return !calls.replies.describe().isEmpty();
      }
    };
  }

  /**
   * Returns the current adaptive rate, which is just below the quota once calls were throttled, the
   * share of these calls, and how long replies are missing.
   */
  public String describe(RequestStats calls) {
    boolean isSingle = calls.sent(SINGLE) > 0;
    double refused = calls.throttledShare(isSingle ? SINGLE : action);
    RateLimiter limiter = isSingle ? singles : stops;
    double rate = limiter.rate();
    String limit = (refused > 0 ? "quota about " : "limit ") + TerminalText.rate(rate);
    return Stream.of(
            adaptive ? limit : "",
            refused > 0 ? TerminalText.share(refused) + " refused" : "",
            sharing(limiter),
            calls.replies.describe())
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining(", "));
  }

  private static String sharing(RateLimiter limiter) {
    if (!(limiter instanceof SharedRateLimiter shared)) {
      return "";
    }
    return shared.isShared()
        ? "shared by " + shared.members()
        : "Redis is away, own share of 1/" + shared.members();
  }

  /** Returns the limiters of the client's calls. */
  public RateLimiterRegistry limiters() {
    return RateLimiterRegistry.of(
        scope ->
            scope.action().equals(action)
                ? stops
                : scope.action().equals(SINGLE) ? singles : describes);
  }

  /** Counts the requests of a run, logs each attempt, and notifies another listener. */
  public static final class RequestStats implements CallListener {

    private static final Logger LOG = LoggerFactory.getLogger(RequestStats.class);

    /** The context key of the instance that a call acts on. */
    private static final Object INSTANCE = RequestStats.class;

    private static final class Count {
      final LongAdder sent = new LongAdder();
      final LongAdder answered = new LongAdder();
      final LongAdder refused = new LongAdder();
      final LongAdder throttled = new LongAdder();
      final LongAdder instances = new LongAdder();
    }

    private final Map<String, Count> counts = new ConcurrentHashMap<>();
    private final ReplyWatch replies = new ReplyWatch();
    private final CallListener next;

    /** Creates a listener that also notifies {@code next}. */
    public RequestStats(CallListener next) {
      this.next = next;
    }

    @Override
    public void attemptStarted(String action, int attempt, ContextView context) {
      of(action).sent.increment();
    }

    @Override
    public void attemptSent(String action, int attempt, ContextView context) {
      replies.sent();
    }

    @Override
    public void attemptSucceeded(
        String action, int attempt, int httpStatus, String requestId, ContextView context) {
      replies.replied();
      LOG.debug(
          "{}: attempt {} succeeded: HTTP {}, request id {}",
          subject(action, context),
          attempt,
          httpStatus,
          TerminalText.escape(requestId));
    }

    @Override
    public void callCancelled(
        String action, Delivery delivery, Duration elapsed, ContextView context) {
      if (delivery == Delivery.UNKNOWN) {
        replies.unanswered();
      }
    }

    @Override
    public void attemptFailed(
        String action, int attempt, EcsException failure, ContextView context) {
      next.attemptFailed(action, attempt, failure, context);
      Count count = of(action);
      if (failure.httpStatus() != null) {
        replies.replied();
      } else if (failure.delivery() == Delivery.UNKNOWN) {
        replies.unanswered();
      }
      if (failure.delivery() == Delivery.NOT_SENT) {
        count.sent.decrement();
      } else {
        count.answered.increment();
      }
      if (failure.category() == Category.THROTTLED) {
        count.throttled.increment();
      } else if (failure.httpStatus() != null) {
        count.refused.increment();
      }
    }

    @Override
    public Context callContext(CallSubject subject, Context context) {
      String id = subject.instanceId();
      if (id != null) {
        return context.put(INSTANCE, id);
      }
      if (!subject.action().equals(BATCH)) {
        return context;
      }
      of(BATCH).instances.add(subject.instances());
      return context.put(INSTANCE, "of " + subject.instances() + " instances");
    }

    // One line an attempt, when it is decided what happens next.
    @Override
    public void retryDecided(
        String action, int attempt, EcsException failure, ContextView context) {
      LOG.info(
          "{}: attempt {} failed: {}; a retry follows",
          subject(action, context),
          attempt,
          text(failure));
    }

    @Override
    public void callFailed(
        String action, EcsException failure, Duration elapsed, ContextView context) {
      LOG.info(
          "{}: the last attempt failed: {}; no retry follows",
          subject(action, context),
          text(failure));
    }

    private static String subject(String action, ContextView context) {
      String id = context.getOrDefault(INSTANCE, "");
      return action + (id == null || id.isEmpty() ? "" : " " + TerminalText.escape(id));
    }

    private static String text(EcsException failure) {
      return TerminalText.escape(String.valueOf(failure.getMessage()));
    }

    @Override
    public void callSucceeded(String action, int attempts, Duration elapsed, ContextView context) {
      next.callSucceeded(action, attempts, elapsed, context);
      of(action).answered.increment();
    }

    /** Returns the number of requests of an action. */
    long sent(String action) {
      Count count = counts.get(action);
      return count == null ? 0 : count.sent.sum();
    }

    /** Returns the share of an action's requests that the service throttled. */
    double throttledShare(String action) {
      Count count = of(action);
      return count.throttled.sum() / (double) Math.max(1, count.answered.sum());
    }

    /** Returns a summary of the requests. */
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder();
      new TreeMap<>(counts)
          .forEach(
              (action, count) ->
                  text.append(text.isEmpty() ? "" : "; ")
                      .append(TerminalText.count(count.sent.sum()))
                      .append(' ')
                      .append(action)
                      .append(instances(count.instances.sum()))
                      .append(only(count.throttled.sum(), "throttled"))
                      .append(
                          count.throttled.sum() == 0
                              ? ""
                              : " (" + TerminalText.share(throttledShare(action)) + ")")
                      .append(only(count.refused.sum(), "refused")));
      return text.isEmpty() ? "none" : text.toString();
    }

    private static String instances(long count) {
      return count == 0 ? "" : " of " + TerminalText.count(count) + " instances";
    }

    private static String only(long count, String what) {
      return count == 0 ? "" : ", " + TerminalText.count(count) + " " + what;
    }

    private Count of(String action) {
      return counts.computeIfAbsent(action, key -> new Count());
    }
  }
}
