package io.fleetstop.credentials;

import io.fleetstop.credentials.EnvironmentCredentials.Variables;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.Printable;
import io.fleetstop.transport.SmallFile;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonPointer;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;

/** The configuration file of the official command line, and the profile that is selected in it. */
final class ConfigFile {

  private static final String FILE = "VOLCENGINE_CLI_CONFIG_FILE";
  private static final String PROFILE = "VOLCENGINE_PROFILE";
  private static final String OLD_PROFILE = "VOLCSTACK_PROFILE";
  private static final String DEFAULT_PROFILE = "default";
  private static final String PROFILES = "profiles";
  private static final int MAX_SHOWN = 10;
  private static final Path NO_HOME = Path.of("");

  private final String file;
  private final byte[] bytes;
  private final JsonNode root;
  private final String profile;

  private ConfigFile(String file, byte[] bytes, JsonNode root, String profile) {
    this.file = file;
    this.bytes = bytes;
    this.root = root;
    this.profile = profile;
  }

  /**
   * Reads the file on the calling thread and selects a profile.
   *
   * @param argument the profile, or {@code null} for the one that variables or the file select
   * @throws EcsException of the code for a source that is not configured, if neither a file nor a
   *     profile is
   */
  static ConfigFile read(Variables variables, Path home, @Nullable String argument) {
    String asked = argument != null ? argument : variables.firstOf(PROFILE, OLD_PROFILE);
    String file = location(variables, home);
    if (file == null) {
      String reason =
          "config.json: HOME is not "
              + (variables.orEmpty("HOME").isEmpty() ? "set" : "an absolute path")
              + ", and the user has no home directory";
      throw asked.isEmpty()
          ? CredentialsErrors.notConfigured(reason)
          : CredentialsErrors.unavailable(reason + "; set HOME or " + FILE);
    }
    boolean required = !variables.orEmpty(FILE).isEmpty() || !asked.isEmpty();
    return select(file, bytes(file, required), asked);
  }

  /** Returns the names of all profiles of the file; none if it cannot be read. */
  static List<String> profiles(Variables variables, Path home) {
    String file = location(variables, home);
    try {
      return file == null
          ? List.of()
          : List.copyOf(parse(file, bytes(file, false)).path(PROFILES).propertyNames());
    } catch (EcsException unusable) {
      return List.of();
    }
  }

  /** Returns the file, or {@code null} if neither a variable nor a home directory locates it. */
  private static @Nullable String location(Variables variables, Path home) {
    String named = variables.orEmpty(FILE);
    if (!named.isEmpty()) {
      return named;
    }
    return home.equals(NO_HOME) ? null : home + "/.volcengine/config.json";
  }

  /**
   * Selects a profile of a file.
   *
   * @param asked the profile, or an empty text for the one that the file selects
   */
  static ConfigFile select(String file, byte[] bytes, String asked) {
    JsonNode root = parse(file, bytes);
    JsonNode profiles = root.path(PROFILES);
    if (!root.isObject() || !(profiles.isObject() || profiles.isMissingNode())) {
      throw CredentialsErrors.unavailable(
          file + ": must be a JSON object whose profiles are an object");
    }
    String current = Json.text(root, "current");
    if (asked.isEmpty() && current.isEmpty() && profiles.isEmpty()) {
      // The official tool leaves such a file at its first call.
      throw CredentialsErrors.notConfigured(file + ": has no profile");
    }
    String name = !asked.isEmpty() ? asked : current.isEmpty() ? DEFAULT_PROFILE : current;
    ConfigFile config = new ConfigFile(file, bytes, root, name);
    if (!config.entry().isObject()) {
      throw CredentialsErrors.unavailable(
          config.source() + ": there is no such profile" + known(profiles, !asked.isEmpty()));
    }
    return config;
  }

  /**
   * Returns the directory of the user: the variable before the account's entry, as in the tools.
   */
  static Path home(Variables variables) {
    return home(variables, UserHome.ofAccount());
  }

  static Path home(Variables variables, String ofAccount) {
    return Objects.requireNonNullElse(UserHome.of(variables.orEmpty("HOME"), ofAccount), NO_HOME);
  }

  private static String known(JsonNode profiles, boolean named) {
    return profiles.isEmpty()
        ? ""
        : ", only "
            + profiles.propertyNames().stream()
                .sorted()
                .limit(MAX_SHOWN)
                .map(Printable::of)
                .collect(Collectors.joining(", "))
            + (named ? "; give the name of one of them" : "; select one by " + PROFILE);
  }

  /**
   * Reads the file.
   *
   * @param required whether its absence is an error, because a variable or an argument needs it
   */
  private static byte[] bytes(String file, boolean required) {
    try {
      return SmallFile.read(Path.of(file), SmallFile.MAX_TEXT);
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

  private static String place(@Nullable TokenStreamLocation location) {
    return location == null ? ": nested too deep" : ", line " + location.getLineNr();
  }

  private static JsonNode parse(String file, byte[] bytes) {
    try {
      return bytes.length == 0 ? Json.MAPPER.createObjectNode() : Json.MAPPER.readTree(bytes);
    } catch (JacksonException e) {
      // Its message quotes the file's content, so neither it nor the cause is shown.
      throw CredentialsErrors.unavailable(file + ": not valid JSON" + place(e.getLocation()));
    }
  }

  String file() {
    return file;
  }

  /** Returns the directory of the file, in which the tool keeps the caches of logins. */
  Path directory() {
    Path absolute = Path.of(file).toAbsolutePath();
    return Objects.requireNonNullElse(absolute.getParent(), absolute);
  }

  /** Returns the name of the selected profile. */
  String profile() {
    return profile;
  }

  /** Names the profile and its file. */
  String source() {
    return "profile \"" + profile + "\" of " + file;
  }

  /** Returns the JSON object of the profile. */
  JsonNode entry() {
    return root.path(PROFILES).path(profile);
  }

  /** Returns the JSON object of a session for mode {@code sso}. */
  JsonNode ssoSession(String name) {
    return root.path("sso-session").path(name);
  }

  /** Returns the line of a key of the profile, counted from 1; 0 if there is none. */
  int lineOf(String key) {
    JsonPointer wanted =
        JsonPointer.empty().appendProperty(PROFILES).appendProperty(profile).appendProperty(key);
    try (JsonParser parser = Json.MAPPER.createParser(bytes)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.PROPERTY_NAME
            && parser.streamReadContext().pathAsPointer().equals(wanted)) {
          return parser.currentTokenLocation().getLineNr();
        }
      }
      return 0;
    } catch (JacksonException e) {
      return 0;
    }
  }

  /** Shows only the profile and its file: the content includes secrets. */
  @Override
  public String toString() {
    return "ConfigFile[" + source() + "]";
  }
}
