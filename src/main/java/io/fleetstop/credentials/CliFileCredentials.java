package io.fleetstop.credentials;

import io.fleetstop.credentials.EnvironmentCredentials.Variables;
import io.fleetstop.error.Printable;
import io.fleetstop.transport.SmallFile;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Collectors;
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
  private static final int MAX_SHOWN = 10;

  private final Variables variables;
  private final Path home;
  private final @Nullable String profile;
  private final CredentialServices services;

  CliFileCredentials(
      Variables variables, Path home, @Nullable String profile, CredentialServices services) {
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
    CredentialServices services = CredentialServices.official();
    return RefreshingCredentials.of(
        new CliFileCredentials(System::getenv, home(), profile, services), services.clock()::now);
  }

  /** Reads the file on the calling thread; fails if the profile cannot be used from it. */
  static void require(String profile) {
    CliProfile unused =
        new CliFileCredentials(System::getenv, home(), profile, CredentialServices.official())
            .read();
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
    String asked = profile != null ? profile : variables.orEmpty(PROFILE);
    JsonNode config = parse(file, !named.isEmpty() || !asked.isEmpty());
    JsonNode profiles = config.path("profiles");
    if (!config.isObject() || !(profiles.isObject() || profiles.isMissingNode())) {
      throw CredentialsErrors.unavailable(
          file + ": must be a JSON object whose profiles are an object");
    }
    String current = Json.text(config, "current");
    if (asked.isEmpty() && current.isEmpty() && profiles.isEmpty()) {
      // The official tool leaves such a file at its first call.
      throw CredentialsErrors.notConfigured(file + ": has no profile");
    }
    String name = !asked.isEmpty() ? asked : current.isEmpty() ? DEFAULT_PROFILE : current;
    JsonNode entry = profiles.path(name);
    String source = "profile \"" + name + "\" of " + file;
    if (!entry.isObject()) {
      throw CredentialsErrors.unavailable(source + ": there is no such profile" + known(profiles));
    }
    return new CliProfile(source, entry);
  }

  private static String known(JsonNode profiles) {
    return profiles.isEmpty()
        ? ""
        : ", only "
            + profiles.propertyNames().stream()
                .sorted()
                .limit(MAX_SHOWN)
                .map(Printable::of)
                .collect(Collectors.joining(", "))
            + "; select one by "
            + PROFILE;
  }

  /**
   * Parses the file.
   *
   * @param required whether its absence is an error, because a variable or an argument needs it
   */
  private static JsonNode parse(String file, boolean required) {
    try {
      byte[] bytes = SmallFile.read(Path.of(file), SmallFile.MAX_TEXT);
      return bytes.length == 0 ? Json.MAPPER.createObjectNode() : Json.MAPPER.readTree(bytes);
    } catch (JacksonException e) {
      // Its message quotes the file's content, so neither it nor the cause is shown.
      throw CredentialsErrors.unavailable(
          file + ": not valid JSON, line " + e.getLocation().getLineNr());
    } catch (NoSuchFileException e) {
      throw required
          ? CredentialsErrors.unavailable(file + ": does not exist")
          : CredentialsErrors.notConfigured(file + ": does not exist");
    } catch (IOException e) {
      throw CredentialsErrors.unavailable(file + ": cannot be read: " + SmallFile.reason(e));
    } catch (InvalidPathException e) {
      throw CredentialsErrors.unavailable(file + ": cannot be read: InvalidPathException");
    }
  }

  static Path home() {
    String home = System.getenv("HOME");
    // The variable before the account's entry, as the official tools read it.
    return Path.of(home == null || home.isEmpty() ? System.getProperty("user.home", "") : home);
  }
}
