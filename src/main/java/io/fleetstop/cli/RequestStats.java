package io.fleetstop.cli;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.observe.CallListener;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.util.context.ContextView;

/** Counts the requests of a run, logs those that fail, and passes on how they ended. */
final class RequestStats implements CallListener {

  private static final Logger LOG = LoggerFactory.getLogger(RequestStats.class);

  private static final class Count {
    final LongAdder sent = new LongAdder();
    final LongAdder answered = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder throttled = new LongAdder();
  }

  private final Map<String, Count> counts = new ConcurrentHashMap<>();
  private final CallListener next;

  /** Counts, and tells {@code next} how requests ended. */
  RequestStats(CallListener next) {
    this.next = next;
  }

  @Override
  public void attemptStarted(String action, int attempt, ContextView context) {
    of(action).sent.increment();
  }

  @Override
  public void attemptFailed(String action, int attempt, EcsException failure, ContextView context) {
    next.attemptFailed(action, attempt, failure, context);
    Count count = of(action);
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
    LOG.info(
        "Try {} failed: {}", attempt, TerminalText.escape(String.valueOf(failure.getMessage())));
  }

  @Override
  public void callSucceeded(String action, int attempts, Duration elapsed, ContextView context) {
    next.callSucceeded(action, attempts, elapsed, context);
    of(action).answered.increment();
  }

  /** Which share of an action's requests the service refused because the quota was spent. */
  double throttledShare(String action) {
    Count count = of(action);
    return count.throttled.sum() / (double) Math.max(1, count.answered.sum());
  }

  /** What was sent, in words. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    new TreeMap<>(counts)
        .forEach(
            (action, count) ->
                text.append(text.isEmpty() ? "" : "; ")
                    .append(Numbers.count(count.sent.sum()))
                    .append(' ')
                    .append(action)
                    .append(only(count.throttled.sum(), "throttled"))
                    .append(
                        count.throttled.sum() == 0
                            ? ""
                            : " (" + Numbers.share(throttledShare(action)) + ")")
                    .append(only(count.refused.sum(), "refused")));
    return text.isEmpty() ? "none" : text.toString();
  }

  private static String only(long count, String what) {
    return count == 0 ? "" : ", " + Numbers.count(count) + " " + what;
  }

  private Count of(String action) {
    return counts.computeIfAbsent(action, key -> new Count());
  }
}
