package io.fleetstop.credentials;

import io.fleetstop.credentials.EnvironmentCredentials.Variables;
import io.fleetstop.error.EcsException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Uses the first source of which anything is configured, and only that source from then on. A
 * source that is configured and does not work ends the chain: the next one is another identity.
 */
final class CredentialsChain implements CredentialsProvider {

  private final List<CredentialsProvider> sources;
  private final AtomicReference<@Nullable CredentialsProvider> selected = new AtomicReference<>();

  CredentialsChain(List<CredentialsProvider> sources) {
    if (sources.isEmpty()) {
      throw new IllegalArgumentException("sources must have at least one entry");
    }
    this.sources = sources;
  }

  /** Returns the chain of the official SDKs with these options. */
  static CredentialsChain official(CredentialsOptions options) {
    Variables variables = options.variables()::apply;
    return official(variables, ConfigFile.home(variables), CredentialServices.of(options));
  }

  /** Returns the chain of the official SDKs. */
  static CredentialsChain official(Variables variables, Path home, CredentialServices services) {
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
          CredentialsProvider current = selected.get();
          return current == null ? resolveFrom(0, new ArrayList<>()) : resolveWith(current);
        });
  }

  /** Invalidates the selected source and keeps it: the identity must not change. */
  @Override
  public void invalidate(Credentials rejected) {
    CredentialsProvider current = selected.get();
    // The source decides whether they are outdated: answers may arrive here out of order.
    if (current != null) {
      current.invalidate(rejected);
    }
  }

  @Override
  public String describe() {
    CredentialsProvider current = selected.get();
    return current == null ? "the chain, which has selected no source yet" : current.describe();
  }

  private Mono<Credentials> resolveFrom(int index, List<EcsException> absent) {
    if (index == sources.size()) {
      return Mono.error(() -> noCredentials(absent));
    }
    return resolveWith(sources.get(index))
        .onErrorResume(
            EcsException.class,
            failure -> {
              if (!CredentialsErrors.isNotConfigured(failure)) {
                return Mono.error(afterAbsent(absent, failure));
              }
              absent.add(failure);
              return resolveFrom(index + 1, absent);
            });
  }

  private Mono<Credentials> resolveWith(CredentialsProvider source) {
    return Mono.defer(source::resolve)
        .onErrorMap(Predicate.not(EcsException.class::isInstance), CredentialsChain::broken)
        .switchIfEmpty(
            Mono.error(() -> CredentialsErrors.notConfigured("a source returned no credentials")))
        .flatMapMany(credentials -> selectFirst(source, credentials))
        .singleOrEmpty();
  }

  /**
   * If concurrent callers got answers from different sources, the first answer selects the source
   * for all.
   */
  private Mono<Credentials> selectFirst(CredentialsProvider source, Credentials credentials) {
    CredentialsProvider first = selected.updateAndGet(now -> now == null ? source : now);
    return first == source ? Mono.just(credentials) : resolveWith(first);
  }

  /** A source of the user failed with an error of its own. */
  private static EcsException broken(Throwable failure) {
    EcsException error = CredentialsErrors.unavailable("a source of the chain failed", failure);
    error.addSuppressed(failure);
    return error;
  }

  private static EcsException noCredentials(List<EcsException> absent) {
    EcsException error = CredentialsErrors.unavailable(reasons(absent));
    absent.forEach(error::addSuppressed);
    return error;
  }

  /** Names the sources before the one that failed too: the user may have meant one of them. */
  private static EcsException afterAbsent(List<EcsException> absent, EcsException failure) {
    if (absent.isEmpty()) {
      return failure;
    }
    String detail = failure.reason() + "; skipped before it: " + reasons(absent);
    EcsException error = failure.mutate().detail(detail).build();
    error.addSuppressed(failure);
    absent.forEach(error::addSuppressed);
    return error;
  }

  private static String reasons(List<EcsException> absent) {
    return absent.stream().map(EcsException::reason).collect(Collectors.joining("; "));
  }
}
