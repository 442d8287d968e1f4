package io.fleetstop.simulated;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsException;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.StopInstance;
import io.fleetstop.observe.CallListener;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.NettyTransport;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * A client under every fault, in a process that logs everything, including full stack traces. It
 * writes its signatures to a file; the test searches the log for them.
 */
final class TracedChaos {

  private TracedChaos() {}

  /**
   * Arguments: endpoint, access key, secret key, session token, file of ids, file of signatures.
   */
  public static void main(String[] arguments) throws Exception {
    Logger log = LoggerFactory.getLogger(TracedChaos.class);
    Queue<String> signatures = new ConcurrentLinkedQueue<>();
    NettyTransport wire = NettyTransport.create();
    HttpExchange recording =
        (request, maySend) -> {
          String authorization = request.headers().getOrDefault("Authorization", "=none");
          signatures.add(authorization.substring(authorization.lastIndexOf('=') + 1));
          return wire.exchange(request, maySend);
        };
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .endpoint(URI.create(arguments[0]))
            .credentials(
                CredentialsProvider.fixed(Credentials.of(arguments[1], arguments[2], arguments[3])))
            .rateLimiter(RateLimiter.unlimited())
            .retryPolicy(Simulated.patience().attemptTimeout(Duration.ofSeconds(1)).build())
            .transport(recording)
            .listener(logging(log))
            .build();
    List<String> ids = Files.readAllLines(Path.of(arguments[4]));
    Flux.fromIterable(ids)
        .flatMap(
            id ->
                client
                    .stopInstance(StopInstance.of(id))
                    .then()
                    .onErrorResume(
                        failure -> {
                          log.warn("{} failed", id, failure);
                          return Mono.empty();
                        }),
            64)
        .blockLast(Duration.ofSeconds(50));
    Files.write(Path.of(arguments[5]), signatures);
  }

  /** Most calls succeed in the end; their failed attempts fill the log. */
  private static CallListener logging(Logger log) {
    return new CallListener() {
      @Override
      public void attemptFailed(
          String action, int attempt, EcsException failure, ContextView context) {
        log.warn("try {} failed", attempt, failure);
      }
    };
  }
}
