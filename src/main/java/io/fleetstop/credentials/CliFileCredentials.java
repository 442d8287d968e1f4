package io.fleetstop.credentials;

import io.fleetstop.credentials.EnvironmentCredentials.Variables;
import io.fleetstop.error.EcsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A profile of the file that the official command line writes; keeps nothing. */
final class CliFileCredentials implements CredentialsProvider {

  private static final String FILE = "VOLCENGINE_CLI_CONFIG_FILE";
  private static final String PROFILE = "VOLCENGINE_PROFILE";
  private static final String DEFAULT_PROFILE = "default";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Variables variables;
  private final Path home;
  private final @Nullable String profile;

  CliFileCredentials(Variables variables, Path home, @Nullable String profile) {
    this.variables = variables;
    this.home = home;
    this.profile = profile;
  }

  static CliFileCredentials ofProfile(String profile) {
    if (profile.isBlank()) {
      throw new IllegalArgumentException("name of the profile must not be blank");
    }
    return new CliFileCredentials(System::getenv, home(), profile);
  }

  static CliFileCredentials ofCurrentProfile() {
    return new CliFileCredentials(System::getenv, home(), null);
  }

  @Override
  public Mono<Credentials> resolve() {
    return Mono.fromSupplier(this::read).subscribeOn(Schedulers.boundedElastic());
  }

  private Credentials read() {
    String named = variables.orEmpty(FILE);
    String file = named.isEmpty() ? home + "/.volcengine/config.json" : named;
    JsonNode config = parse(file);
    String name = profileName(config);
    JsonNode entry = config.path("profiles").path(name);
    String source = "profile \"" + name + "\" of " + file;
    if (!entry.isObject()) {
      throw Unavailable.because(source + ": there is no such profile");
    }
    return credentials(entry, source);
  }

  private String profileName(JsonNode config) {
    if (profile != null) {
      return profile;
    }
    String fromEnvironment = variables.orEmpty(PROFILE);
    if (!fromEnvironment.isEmpty()) {
      return fromEnvironment;
    }
    String current = text(config, "current");
    return current.isEmpty() ? DEFAULT_PROFILE : current;
  }

  private static JsonNode parse(String file) {
    try {
      return JSON.readTree(Files.readAllBytes(Path.of(file)));
    } catch (JacksonException e) {
      // Its message would quote what stands in the file, so neither it nor the cause is shown.
      throw Unavailable.because(file + ": not valid JSON, line " + e.getLocation().getLineNr());
    } catch (NoSuchFileException e) {
      throw Unavailable.because(file + ": does not exist");
    } catch (IOException | InvalidPathException e) {
      throw Unavailable.because(file + ": cannot be read: " + e.getClass().getSimpleName());
    }
  }

  private static Credentials credentials(JsonNode entry, String source) {
    String token =
        switch (text(entry, "mode").toLowerCase(Locale.ROOT)) {
          case "", "ak" -> null;
          case "ststoken" -> required(entry, "session-token", source);
          default -> throw unsupported(text(entry, "mode"), source);
        };
    String accessKey = required(entry, "access-key", source);
    String secretKey = required(entry, "secret-key", source);
    try {
      return new Credentials(accessKey, secretKey, token, null);
    } catch (IllegalArgumentException e) {
      throw Unavailable.because(source + ": " + e.getMessage());
    }
  }

  private static EcsException unsupported(String mode, String source) {
    return Unavailable.because(
        source + ": mode \"" + mode + "\" is not supported, only ak and ststoken are");
  }

  private static String required(JsonNode entry, String key, String source) {
    String value = text(entry, key);
    if (value.isEmpty()) {
      throw Unavailable.because(source + ": " + key + " is missing");
    }
    return value;
  }

  private static String text(JsonNode node, String key) {
    JsonNode value = node.path(key);
    return value.isString() ? value.stringValue() : "";
  }

  private static Path home() {
    return Path.of(System.getProperty("user.home", ""));
  }
}
