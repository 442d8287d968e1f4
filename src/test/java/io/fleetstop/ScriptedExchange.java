package io.fleetstop;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.transport.HttpExchange;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** An in-memory exchange that replies from a script and records the requests. */
public final class ScriptedExchange implements HttpExchange {

  /** The reply of a service that accepted a stop. */
  public static final String ACCEPTED =
      """
      {"ResponseMetadata":{"RequestId":"2025-r1","Action":"StopInstance",
      "Version":"2020-04-01","Service":"ecs","Region":"cn-beijing"},"Result":{}}""";

  private final List<Request> sent = new CopyOnWriteArrayList<>();
  private final AtomicInteger cancelled = new AtomicInteger();
  private final Function<Integer, Mono<Response>> script;

  private ScriptedExchange(Function<Integer, Mono<Response>> script) {
    this.script = script;
  }

  /** Replies to the n-th request, counted from one, as the script says. */
  public static ScriptedExchange of(Function<Integer, Mono<Response>> script) {
    return new ScriptedExchange(script);
  }

  /** Replies with each answer in order, then repeats the last one. */
  @SafeVarargs
  @SuppressWarnings("varargs")
  public static ScriptedExchange answering(Mono<Response>... answers) {
    return of(number -> answers[Math.min(number, answers.length) - 1]);
  }

  public static Mono<Response> reply(int status, String body) {
    return Mono.just(new Response(status, Map.of(), body.strip().getBytes(StandardCharsets.UTF_8)));
  }

  public static Mono<Response> reply(int status, Map<String, String> headers, String body) {
    Map<String, List<String>> multi = new LinkedHashMap<>();
    headers.forEach((name, value) -> multi.put(name, List.of(value)));
    return Mono.just(new Response(status, multi, body.getBytes(StandardCharsets.UTF_8)));
  }

  public static Mono<Response> error(int status, String code) {
    return reply(status, errorBody(code));
  }

  public static String errorBody(String code) {
    return "{\"ResponseMetadata\":{\"RequestId\":\"2025-r2\",\"Error\":{\"Code\":\""
        + code
        + "\",\"Message\":\"said the service\"}}}";
  }

  public static Mono<Response> accepted() {
    return reply(200, ACCEPTED);
  }

  public static Mono<Response> lost() {
    return Mono.error(EcsException.builder(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN).build());
  }

  @Override
  public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
    return Mono.defer(
        () -> {
          if (!maySend.getAsBoolean()) {
            return Mono.error(
                EcsException.builder(ClientErrors.CONNECT_FAILED, Delivery.NOT_SENT).build());
          }
          sent.add(request);
          return script.apply(sent.size()).doOnCancel(cancelled::incrementAndGet);
        });
  }

  /** Returns the sent requests, oldest first. */
  public List<Request> sent() {
    return sent;
  }

  public int cancelled() {
    return cancelled.get();
  }

  /** A parameter of the n-th request, counted from one, still encoded; null if it has none. */
  public @Nullable String parameter(int number, String name) {
    for (String pair : sent.get(number - 1).uri().getRawQuery().split("&", -1)) {
      if (pair.startsWith(name + "=")) {
        return pair.substring(name.length() + 1);
      }
    }
    return null;
  }
}
