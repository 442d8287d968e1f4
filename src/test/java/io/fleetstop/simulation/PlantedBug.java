package io.fleetstop.simulation;

import io.fleetstop.EcsClient;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.Instance;
import io.fleetstop.model.StopInstance;
import io.fleetstop.poll.InstancePoller;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.HttpExchange;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A mistake put between the parts under test, which the invariants must detect. */
enum PlantedBug {
  NONE(""),
  NEW_TOKEN_FOR_EACH_ATTEMPT("several tokens"),
  NO_INTENT("before its intent"),
  OUTCOME_BEFORE_JOURNAL("before it is in the journal"),
  PERMIT_NOT_SETTLED("permits are not settled"),
  LOST_REPLY_TAKEN_FOR_REJECTION("but was stopped"),
  DEMAND_IGNORED("for a demand of"),
  STOPPING_TAKEN_FOR_STOPPED("is reported STOPPED but is"),
  TIMER_LEFT("timers are left"),
  OUTCOME_LOST("instances have no outcome");

  private final String violation;

  PlantedBug(String violation) {
    this.violation = violation;
  }

  /** A part of the expected violation. */
  String violation() {
    return violation;
  }

  HttpExchange network(HttpExchange network) {
    return switch (this) {
      case NEW_TOKEN_FOR_EACH_ATTEMPT -> {
        int[] attempts = {0};
        yield (request, maySend) ->
            Mono.defer(
                () ->
                    network.exchange(
                        request.withTarget(
                            request
                                .target()
                                .replace("ClientToken=", "ClientToken=" + ++attempts[0])),
                        maySend));
      }
      case STOPPING_TAKEN_FOR_STOPPED ->
          (request, maySend) ->
              network
                  .exchange(request, maySend)
                  .map(
                      reply ->
                          new HttpExchange.Response(
                              reply.status(),
                              reply.headers(),
                              new String(reply.body(), StandardCharsets.UTF_8)
                                  .replace("STOPPING", "STOPPED")
                                  .getBytes(StandardCharsets.UTF_8)));
      default -> network;
    };
  }

  RateLimiter limiter(RateLimiter limiter) {
    if (this != PERMIT_NOT_SETTLED) {
      return limiter;
    }
    return () ->
        limiter
            .acquire()
            .map(
                permit ->
                    new RateLimiter.Permit() {
                      @Override
                      public void succeeded() {
                        permit.succeeded();
                      }

                      @Override
                      public void throttled(@Nullable Duration retryAfter) {
                        permit.throttled(retryAfter);
                      }

                      @Override
                      public void ignored() {}
                    });
  }

  EcsClient client(EcsClient client, Consumer<ShutdownOutcome> report) {
    return this == OUTCOME_BEFORE_JOURNAL || this == LOST_REPLY_TAKEN_FOR_REJECTION
        ? new Faulty(client, report)
        : client;
  }

  Flux<ShutdownOutcome> outcomes(Flux<ShutdownOutcome> outcomes) {
    return switch (this) {
      case DEMAND_IGNORED -> outcomes.onBackpressureBuffer();
      case TIMER_LEFT ->
          outcomes.doOnSubscribe(
              start -> Flux.interval(Duration.ofSeconds(1)).subscribe(tick -> {}));
      case OUTCOME_LOST -> outcomes.skip(1);
      default -> outcomes;
    };
  }

  /** A client that reports an accepted stop by itself, or takes a lost reply for a rejection. */
  private final class Faulty implements EcsClient {

    private final EcsClient client;
    private final Consumer<ShutdownOutcome> report;

    Faulty(EcsClient client, Consumer<ShutdownOutcome> report) {
      this.client = client;
      this.report = report;
    }

    @Override
    public Mono<StopInstance.Result> stopInstance(StopInstance request) {
      Mono<StopInstance.Result> result = client.stopInstance(request);
      if (PlantedBug.this == LOST_REPLY_TAKEN_FOR_REJECTION) {
        return result.onErrorMap(
            EcsException.class, error -> error.mutate().delivery(Delivery.REJECTED).build());
      }
      return result.doOnSuccess(
          accepted ->
              report.accept(
                  new ShutdownOutcome.Accepted(
                      request.instanceId(),
                      new ShutdownOutcome.CallStats(1, Duration.ZERO, null))));
    }

    @Override
    public Flux<Instance> describeInstances(DescribeInstances request) {
      return client.describeInstances(request);
    }

    @Override
    public Disposable beforeClose(Mono<Void> task) {
      return client.beforeClose(task);
    }

    @Override
    public InstancePoller poller() {
      return client.poller();
    }

    @Override
    public ConcurrencyLimiter openInstances() {
      return client.openInstances();
    }

    @Override
    public <T> Mono<T> call(EcsAction<T> action) {
      return client.call(action);
    }

    @Override
    public EcsClient withRetryPolicy(UnaryOperator<RetryPolicy> change) {
      return new Faulty(client.withRetryPolicy(change), report);
    }

    @Override
    public Mono<Void> closeAsync() {
      return client.closeAsync();
    }
  }
}
