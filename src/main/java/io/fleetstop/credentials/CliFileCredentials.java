package io.fleetstop.credentials;

import io.fleetstop.credentials.EnvironmentCredentials.Variables;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Reads a profile of the official command line's configuration file. Caches nothing but the logins
 * that it has refreshed.
 */
final class CliFileCredentials implements CredentialsProvider {

  private final Variables variables;
  private final Path home;
  private final @Nullable String profile;
  private final CredentialServices services;
  private final LoginMemory memory = new LoginMemory();
  private final AtomicReference<String> description;

  CliFileCredentials(
      Variables variables, Path home, @Nullable String profile, CredentialServices services) {
    this.variables = variables;
    this.home = home;
    this.profile = profile;
    this.services = services;
    this.description =
        new AtomicReference<>(
            profile == null ? "the current profile" : "profile \"" + profile + "\"");
  }

  /** Returns a caching, refreshing provider for the profile of the options. */
  static CredentialsProvider of(CredentialsOptions options) {
    Variables variables = options.variables()::apply;
    CredentialServices services = CredentialServices.of(options);
    return RefreshingCredentials.of(
        new CliFileCredentials(variables, ConfigFile.home(variables), options.profile(), services),
        services.clock()::now);
  }

  /** Reads the file on the calling thread; fails if it does not have the profile. */
  static void require(String profile) {
    Variables variables = System::getenv;
    ConfigFile unused = ConfigFile.read(variables, ConfigFile.home(variables), profile);
  }

  @Override
  public Mono<Credentials> resolve() {
    return Mono.fromSupplier(() -> ConfigFile.read(variables, home, profile))
        .subscribeOn(Schedulers.boundedElastic())
        .flatMap(
            config -> {
              CliProfile entry = CliProfile.of(config);
              description.set(entry.description());
              return Mono.fromSupplier(() -> entry.provider(variables, services, memory))
                  .flatMap(CredentialsProvider::resolve)
                  .onErrorMap(failure -> CredentialsErrors.unavailable(entry.source(), failure));
            });
  }

  @Override
  public void invalidate(Credentials rejected) {
    memory.reject(rejected);
  }

  @Override
  public String describe() {
    return Objects.requireNonNull(description.get());
  }
}
