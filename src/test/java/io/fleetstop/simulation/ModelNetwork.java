package io.fleetstop.simulation;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.transport.HttpExchange;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * The network between one life of a client and the service. Latencies are random, so that replies
 * overtake each other; faults are drawn from the seed.
 */
final class ModelNetwork implements HttpExchange {

  /** What happens to a request. */
  enum Fault {
    CONNECT_FAILED,
    LOST_REQUEST,
    LOST_REPLY,
    HUNG,
    LATE_REPLY,
    DELIVERED_TWICE,
    UNAVAILABLE,
    ERROR_AFTER_EFFECT,
    HTML_AFTER_EFFECT,
    GARBAGE_AFTER_EFFECT,
    THROTTLED
  }

  private static final Fault[] FAULTS = Fault.values();

  private final SimulatedTime time;
  private final ModelService service;
  private final Invariants invariants;
  private final SplittableRandom random;
  private final double faultRate;
  private final int life;
  private boolean connected = true;
  private int inFlight;
  private int sent;

  /**
   * A network.
   *
   * @param life the life of the client
   */
  ModelNetwork(
      SimulatedTime time,
      ModelService service,
      Invariants invariants,
      SplittableRandom random,
      double faultRate,
      int life) {
    this.time = time;
    this.service = service;
    this.invariants = invariants;
    this.random = random;
    this.faultRate = faultRate;
    this.life = life;
  }

  /** The process of the client has died: it sends and receives nothing any more. */
  void disconnect() {
    connected = false;
  }

  int inFlight() {
    return inFlight;
  }

  /** The number of requests that left the client. */
  int sent() {
    return sent;
  }

  @Override
  public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
    return Mono.create(sink -> send(request, maySend, sink));
  }

  private void send(Request request, BooleanSupplier maySend, MonoSink<Response> sink) {
    if (!connected) {
      return;
    }
    if (!maySend.getAsBoolean()) {
      sink.error(failure(ClientErrors.CLOSED, Delivery.NOT_SENT));
      return;
    }
    inFlight++;
    sink.onDispose(() -> inFlight--);
    sent++;
    Map<String, String> query = query(request.target());
    String id = query.get("InstanceId");
    String token = query.getOrDefault("ClientToken", "");
    String named = id != null ? id : token.isEmpty() ? "" : ModelService.idsOf(query) + " " + token;
    String name = query.get("Action") + " " + named;
    boolean batch = "StopInstances".equals(query.get("Action"));
    if (id != null) {
      invariants.sending(id);
    } else if (batch) {
      invariants.sending(token, ModelService.idsOf(query));
    }
    Fault fault = random.nextDouble() < faultRate ? FAULTS[random.nextInt(FAULTS.length)] : null;
    invariants.event("send " + name + (fault == null ? "" : ", " + fault));
    if (fault == Fault.CONNECT_FAILED) {
      time.external(
          latency(), () -> sink.error(failure(ClientErrors.CONNECT_FAILED, Delivery.NOT_SENT)));
      return;
    }
    boolean[] cancelled = {false};
    sink.onCancel(() -> cancelled[0] = true);
    boolean reachesServiceAnyway = random.nextBoolean();
    Duration toService = latency();
    Duration toClient = fault == Fault.LATE_REPLY ? latency().multipliedBy(200) : latency();
    String date = request.headers().get("X-Date");
    time.external(
        toService,
        () -> {
          if (cancelled[0] && !reachesServiceAnyway) {
            return;
          }
          Response response = deliver(query, id, date, fault);
          time.external(toClient, () -> reply(name, response, sink, fault));
        });
  }

  private @Nullable Response deliver(
      Map<String, String> query,
      @Nullable String id,
      @Nullable String date,
      @Nullable Fault fault) {
    ErrorCode before =
        fault == Fault.UNAVAILABLE
            ? GatewayErrors.SERVICE_UNAVAILABLE_TEMP
            : fault == Fault.THROTTLED ? GatewayErrors.FLOW_LIMIT_EXCEEDED : null;
    ModelService.Reply reply;
    if (fault == Fault.LOST_REQUEST) {
      return null;
    } else if (before != null) {
      reply = service.error(before);
    } else {
      reply = service.handle(query, date, life);
      if (fault == Fault.DELIVERED_TWICE) {
        ModelService.Reply second = service.handle(query, date, life);
        // A proxy that repeats a request passes on the reply of the copy that succeeded.
        reply = reply.status() == 200 ? reply : second;
        if (second.status() == 200 && !reply.result().equals(second.result())) {
          // Two replies that both succeed and differ, about a batch: it passes on none.
          return null;
        }
      }
      if (id != null) {
        invariants.arrived(id);
        invariants.checkNoEffect();
      } else if ("StopInstances".equals(query.get("Action"))) {
        ModelService.idsOf(query).forEach(invariants::arrivedInBatch);
        invariants.checkNoEffect();
      }
    }
    if (fault == Fault.LOST_REPLY || fault == Fault.HUNG) {
      return null;
    }
    if (fault == Fault.ERROR_AFTER_EFFECT) {
      reply = service.error(EcsErrors.INTERNAL_ERROR);
    } else if (fault == Fault.HTML_AFTER_EFFECT) {
      reply = new ModelService.Reply(502, "<html>502 Bad Gateway</html>");
    } else if (fault == Fault.GARBAGE_AFTER_EFFECT) {
      reply = new ModelService.Reply(200, "\u0001 no JSON");
    }
    String now =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(service.wallClock().atOffset(ZoneOffset.UTC));
    return new Response(
        reply.status(),
        Map.of("date", List.of(now)),
        reply.body().getBytes(StandardCharsets.UTF_8));
  }

  private void reply(
      String name, @Nullable Response response, MonoSink<Response> sink, @Nullable Fault fault) {
    if (!connected || fault == Fault.HUNG) {
      return;
    }
    invariants.event("reply " + name + " " + (response == null ? "lost" : response.status()));
    if (response == null) {
      sink.error(failure(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN));
    } else {
      sink.success(response);
    }
  }

  private Duration latency() {
    return Duration.ofNanos(
        1_000_000L + random.nextLong(random.nextBoolean() ? 9_000_000L : 90_000_000L));
  }

  private static EcsException failure(ErrorCode code, Delivery delivery) {
    return EcsException.builder(code, delivery).build();
  }

  private static Map<String, String> query(String target) {
    Map<String, String> query = new HashMap<>();
    for (String pair : target.substring(target.indexOf('?') + 1).split("&", -1)) {
      int equals = pair.indexOf('=');
      query.put(
          pair.substring(0, equals),
          URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
    }
    return query;
  }
}
