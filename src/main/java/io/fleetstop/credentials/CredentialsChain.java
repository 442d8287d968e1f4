package io.fleetstop.credentials;

import io.fleetstop.credentials.EnvironmentCredentials.Variables;
import io.fleetstop.error.EcsException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The first source that has credentials, kept to from then on. */
final class CredentialsChain implements CredentialsProvider {

  private final List<CredentialsProvider> sources;
  private final AtomicReference<@Nullable CredentialsProvider> chosen = new AtomicReference<>();

  CredentialsChain(List<CredentialsProvider> sources) {
    if (sources.isEmpty()) {
      throw new IllegalArgumentException("sources must have at least one entry");
    }
    this.sources = sources;
  }

  /** The chain of the official SDKs. */
  static CredentialsChain official(Variables variables, Path home, Services services) {
    InstantSource clock = services.clock()::now;
    return new CredentialsChain(
        List.of(
            new EnvironmentCredentials(variables),
            RefreshingCredentials.of(new OidcEnvironmentCredentials(variables, services), clock),
            RefreshingCredentials.of(
                new CliFileCredentials(variables, home, null, services), clock),
            RefreshingCredentials.of(
                new EcsRoleCredentials(variables, services.metadata(), clock), clock)));
  }

  @Override
  public Mono<Credentials> resolve() {
    return Mono.defer(
        () -> {
          CredentialsProvider current = chosen.get();
          return current == null ? ask(0, new ArrayList<>()) : answer(current);
        });
  }

  /** The source that answered is told, and kept to: nobody else may call in its place. */
  @Override
  public void invalidate(Credentials rejected) {
    CredentialsProvider current = chosen.get();
    // Whether they are outdated is for the source to say: answers may come here out of order.
    if (current != null) {
      current.invalidate(rejected);
    }
  }

  private Mono<Credentials> ask(int index, List<Throwable> failures) {
    if (index == sources.size()) {
      return Mono.error(() -> nobody(failures));
    }
    return answer(sources.get(index))
        .onErrorResume(
            failure -> {
              failures.add(failure);
              return ask(index + 1, failures);
            });
  }

  private Mono<Credentials> answer(CredentialsProvider source) {
    return source
        .resolve()
        .switchIfEmpty(Mono.error(() -> CredentialsErrors.because("a source answered nothing")))
        .flatMapMany(credentials -> agreed(source, credentials))
        .singleOrEmpty();
  }

  /** Of callers that asked at once and were answered by different sources, the first one counts. */
  private Mono<Credentials> agreed(CredentialsProvider source, Credentials credentials) {
    CredentialsProvider kept = chosen.updateAndGet(now -> now == null ? source : now);
    return kept == source ? Mono.just(credentials) : answer(kept);
  }

  private static EcsException nobody(List<Throwable> failures) {
    List<String> reasons = failures.stream().map(CredentialsErrors::reason).toList();
    EcsException nobody = CredentialsErrors.because(String.join("; ", reasons));
    failures.forEach(nobody::addSuppressed);
    return nobody;
  }
}
