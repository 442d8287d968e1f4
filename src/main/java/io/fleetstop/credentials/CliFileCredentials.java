package io.fleetstop.credentials;

import io.fleetstop.credentials.EnvironmentCredentials.Variables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Reads a profile of the official command line's configuration file. Caches nothing. */
final class CliFileCredentials implements CredentialsProvider {

  private static final String FILE = "VOLCENGINE_CLI_CONFIG_FILE";
  private static final String PROFILE = "VOLCENGINE_PROFILE";
  private static final String DEFAULT_PROFILE = "default";

  private final Variables variables;
  private final Path home;
  private final @Nullable String profile;
  private final SourceContext services;

  CliFileCredentials(
      Variables variables, Path home, @Nullable String profile, SourceContext services) {
    this.variables = variables;
    this.home = home;
    this.profile = profile;
    this.services = services;
  }

  /** Returns a caching, refreshing provider for a named profile. */
  static CredentialsProvider ofProfile(String profile) {
    if (profile.isBlank()) {
      throw new IllegalArgumentException("the profile name must not be blank");
    }
    SourceContext services = SourceContext.official();
    return RefreshingCredentials.of(
        new CliFileCredentials(System::getenv, home(), profile, services), services.clock()::now);
  }

  @Override
  public Mono<Credentials> resolve() {
    return Mono.fromSupplier(this::read)
        .subscribeOn(Schedulers.boundedElastic())
        .flatMap(
            profile ->
                Mono.fromSupplier(() -> profile.provider(variables, services))
                    .flatMap(CredentialsProvider::resolve)
                    .onErrorMap(
                        failure -> CredentialsErrors.unavailable(profile.source(), failure)));
  }

  private CliProfile read() {
    String named = variables.orEmpty(FILE);
    String file = named.isEmpty() ? home + "/.volcengine/config.json" : named;
    JsonNode config = parse(file);
    String name = profileName(config);
    JsonNode entry = config.path("profiles").path(name);
    String source = "profile \"" + name + "\" of " + file;
    if (!entry.isObject()) {
      throw CredentialsErrors.unavailable(source + ": there is no such profile");
    }
    return new CliProfile(source, entry);
  }

  private String profileName(JsonNode config) {
    if (profile != null) {
      return profile;
    }
    String fromEnvironment = variables.orEmpty(PROFILE);
    if (!fromEnvironment.isEmpty()) {
      return fromEnvironment;
    }
    String current = Json.text(config, "current");
    return current.isEmpty() ? DEFAULT_PROFILE : current;
  }

  private static JsonNode parse(String file) {
    try {
      return Json.MAPPER.readTree(Files.readAllBytes(Path.of(file)));
    } catch (JacksonException e) {
      // Its message quotes the file's content, so neither it nor the cause is shown.
      throw CredentialsErrors.unavailable(
          file + ": not valid JSON, line " + e.getLocation().getLineNr());
    } catch (NoSuchFileException e) {
      throw CredentialsErrors.unavailable(file + ": does not exist");
    } catch (IOException | InvalidPathException e) {
      throw CredentialsErrors.unavailable(
          file + ": cannot be read: " + e.getClass().getSimpleName());
    }
  }

  static Path home() {
    return Path.of(System.getProperty("user.home", ""));
  }
}
