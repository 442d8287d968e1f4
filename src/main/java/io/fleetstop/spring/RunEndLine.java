package io.fleetstop.spring;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.fleet.RunListener;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.ShutdownRun;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/** The last line of a stream of outcomes: why the run ended, and the number of each outcome. */
final class RunEndLine implements RunListener {

  /** Errors whose reasons may have names of files, or any text of the application. */
  private static final Set<ErrorCode> INTERNAL =
      Set.of(
          ClientErrors.JOURNAL_FAILED,
          ClientErrors.CREDENTIALS_UNAVAILABLE,
          ClientErrors.CREDENTIALS_NOT_CONFIGURED,
          ClientErrors.UNEXPECTED_FAILURE);

  private static final Logger LOG = LoggerFactory.getLogger(RunEndLine.class);

  private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);

  private final List<ShutdownRun> runs = new CopyOnWriteArrayList<>();

  private RunEndLine() {}

  /**
   * Appends the line to a run, also if the run ends with an error. An error before the first
   * outcome that is not of the run itself remains one: it still decides the response's status.
   *
   * @param stopping whether the application is stopping, for outcomes whose run is not known
   */
  static Flux<Object> append(Flux<? extends ShutdownOutcome> run, BooleanSupplier stopping) {
    return Flux.defer(
        () -> {
          RunEndLine end = new RunEndLine();
          return run.contextWrite(Context.of(CONTEXT_KEY, end))
              .doOnNext(end::count)
              .cast(Object.class)
              .concatWith(Mono.fromSupplier(() -> end.completed(stopping)))
              .onErrorResume(end::failed);
        });
  }

  /**
   * Returns the reason of an error as a web client may see it: without the server's own matters.
   */
  static String reasonFor(EcsException error) {
    return isInternal(error)
        ? error.errorCode().meaning() + " See the server's log."
        : error.reason();
  }

  static boolean isInternal(EcsException error) {
    return INTERNAL.contains(error.errorCode());
  }

  @Override
  public void runStarted(ShutdownRun run) {
    runs.add(run);
  }

  private void count(ShutdownOutcome outcome) {
    counts.merge(outcome.kind(), 1L, Long::sum);
  }

  private Object completed(BooleanSupplier stopping) {
    boolean drained =
        runs.isEmpty() ? stopping.getAsBoolean() : runs.stream().anyMatch(ShutdownRun::isDrained);
    return line(drained ? "DRAINED" : "COMPLETED", null);
  }

  private Mono<Object> failed(Throwable error) {
    if (error instanceof EcsException failure) {
      return Mono.just(line(failure.errorCode().code(), reasonFor(failure)));
    }
    if (counts.isEmpty()) {
      return Mono.error(error);
    }
    LOG.error("A run ended with an unexpected error; its stream says FAILED", error);
    return Mono.just(
        line("FAILED", "The run ended with an unexpected error; see the server's log"));
  }

  private Object line(String reason, @Nullable String message) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("type", "end");
    line.put("reason", reason);
    if (message != null) {
      line.put("message", message);
    }
    Map<String, Long> named = new LinkedHashMap<>();
    counts.forEach((kind, count) -> named.put(kind.name(), count));
    line.put("counts", named);
    return line;
  }
}
