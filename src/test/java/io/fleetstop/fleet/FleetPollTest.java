package io.fleetstop.fleet;

import static io.fleetstop.ScriptedExchange.accepted;
import static io.fleetstop.ScriptedExchange.error;
import static io.fleetstop.ScriptedExchange.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.limit.FixedRateLimiter;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.transport.HttpExchange;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Outcomes that follow from polls: incomplete lists, errors, states. */
class FleetPollTest extends FleetOutcomeFixture {

  @Test
  void polls_useTheirOwnRateLimiter() {
    stops.add(accepted());
    describes.add(shows("STOPPING", "i-1"));
    describes.add(shows("STOPPED", "i-1"));
    FixedRateLimiter stopLimiter = RateLimiter.tokenBucket(0.001, 1);
    FixedRateLimiter describeLimiter = RateLimiter.tokenBucket(0.001, 5);
    EcsClient client =
        builder(exchange())
            .rateLimiters(
                RateLimiterRegistry.of(
                    scope -> scope.action().equals("StopInstance") ? stopLimiter : describeLimiter))
            .build();
    assertThat(run(FleetShutdown.create(client, options().build()), "i-1").get(0))
        .isInstanceOf(Stopped.class);
    assertThat(stopLimiter.available()).isZero();
    assertThat(describeLimiter.available()).isEqualTo(3);
  }

  @Test
  void emptyDescribeReplies_doNotEndTheWait() {
    stops.add(accepted());
    for (int i = 0; i < 4; i++) {
      describes.add(reply(200, "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{}}"));
    }
    describes.add(shows("STOPPED", "i-1"));
    assertThat(stop(once())).isInstanceOf(Stopped.class);
  }

  @Test
  void listOfOtherInstances_doesNotEndTheWait() {
    stops.add(accepted());
    for (int i = 0; i < 6; i++) {
      describes.add(shows("RUNNING", "i-other"));
    }
    describes.add(shows("STOPPED", "i-1"));
    assertThat(stop(once())).isInstanceOf(Stopped.class);
  }

  @Test
  void duplicateInList_hidesNoOtherInstance() {
    stops.add(accepted());
    describes.add(shows("STOPPED", "i-1", "i-1", "i-2"));
    assertThat(run(FleetShutdown.create(client(once()), options().build()), "i-1", "i-2"))
        .hasSize(2)
        .allMatch(outcome -> outcome instanceof Stopped);
  }

  @Test
  void acceptedThenNotListed_unconfirmed() {
    stops.add(accepted());
    describes.add(shows("RUNNING"));
    Unconfirmed unconfirmed = (Unconfirmed) stop(once());
    EcsException error = Objects.requireNonNull(unconfirmed.error());
    assertThat(error.category()).isEqualTo(Category.NOT_FOUND);
    assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
  }

  @Test
  void rejectedThenErrorState_failsAsNotAccepted() {
    stops.add(error(400, "InvalidInstanceStatus"));
    describes.add(shows("STOPPING", "i-1"));
    describes.add(shows("ERROR", "i-1"));
    Failed failed = (Failed) stop(once());
    assertThat(failed.error())
        .hasMessageContaining("was not accepted, and the instance ended in ERROR");
    assertThat(failed.error().delivery()).isEqualTo(Delivery.REJECTED);
  }

  @Test
  void singleProxyErrors_doNotEndTheWait() {
    stops.add(accepted());
    describes.add(reply(403, "<html>forbidden</html>"));
    describes.add(reply(401, "<html>who are you</html>"));
    describes.add(shows("STOPPED", "i-1"));
    assertThat(stop(once())).isInstanceOf(Stopped.class);
  }

  @Test
  void onlyProxyErrors_endTheWait() {
    stops.add(accepted());
    describes.add(reply(403, "<html>forbidden</html>"));
    Unconfirmed unconfirmed = (Unconfirmed) stop(once());
    assertThat(unconfirmed.reason()).isEqualTo("accepted, but its state cannot be seen");
  }

  @Test
  void rejectedId_hidesNoOtherInstance() {
    stops.add(accepted());
    HttpExchange picky =
        (request, maySend) -> {
          String query = request.uri().getRawQuery();
          if (query.contains("Action=StopInstance")) {
            return exchange().exchange(request, maySend);
          }
          return query.contains("i-bad")
              ? error(400, "InvalidArgument")
              : shows(
                  "STOPPED",
                  Stream.of("i-1", "i-2", "i-3", "i-4")
                      .filter(query::contains)
                      .toArray(String[]::new));
        };
    EcsClient client = builder(picky).build();
    List<ShutdownOutcome> outcomes =
        run(FleetShutdown.create(client, options().build()), "i-1", "i-2", "i-bad", "i-3", "i-4");
    assertThat(outcomes).filteredOn(outcome -> outcome instanceof Stopped).hasSize(4);
    assertThat(outcomes)
        .filteredOn(outcome -> outcome instanceof Unconfirmed)
        .extracting(outcome -> outcome.instanceId().value())
        .containsExactly("i-bad");
  }

  @Test
  void singleStaleStatus_isNoRestart() {
    stops.add(accepted());
    describes.add(shows("STOPPING", "i-1"));
    describes.add(shows("RUNNING", "i-1"));
    describes.add(shows("STOPPED", "i-1"));

    assertThat(stop(once())).isInstanceOf(Stopped.class);
  }

  @Test
  void repeatedRunningStatus_isARestart() {
    stops.add(accepted());
    describes.add(shows("STOPPING", "i-1"));
    describes.add(shows("RUNNING", "i-1"));

    assertThat(stop(once()))
        .isInstanceOfSatisfying(
            Unconfirmed.class,
            it -> assertThat(it.reason()).isEqualTo("it was stopping, and is RUNNING again"));
  }

  @Test
  void undocumentedNotFoundCode_doesNotEndTheWait() {
    stops.add(accepted());
    for (int i = 0; i < 6; i++) {
      describes.add(error(404, "Api.NotFound"));
    }
    describes.add(shows("STOPPED", "i-1"));

    assertThat(stop(once())).isInstanceOf(Stopped.class);
  }

  @Test
  void inconsistentPage_isNotTakenAsNotFound() {
    stops.add(accepted());
    describes.add(page("{\"TotalCount\":1,\"NextToken\":\"\"}"));
    describes.add(shows("STOPPED", "i-1"));

    assertThat(stop(once())).isNotInstanceOf(Failed.class);
  }
}
