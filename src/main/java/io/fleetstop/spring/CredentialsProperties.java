package io.fleetstop.spring;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsOptions;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.credentials.EcsRoleOptions;
import io.fleetstop.error.EcsException;
import io.fleetstop.transport.TransportOptions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties below {@code fleetstop.credentials}. They have no accessors, so that the actuator
 * endpoints cannot show them.
 */
public final class CredentialsProperties {

  /** Access key id. Set it together with the secret access key. */
  private final @Nullable String accessKeyId;

  /** Secret access key. */
  private final @Nullable String secretAccessKey;

  /** Session token of temporary credentials. */
  private final @Nullable String sessionToken;

  /** Profile of the official command line's configuration file. Excludes an access key. */
  private final @Nullable String profile;

  /** Metadata service of ECS instances, the last source of the default chain. */
  private final Metadata metadata;

  private final List<String> blank;

  /**
   * The metadata service of ECS instances.
   *
   * @param enabled whether the default chain may ask the metadata service for a role's credentials
   * @param timeout maximum duration of all requests to the metadata service for one set of
   *     credentials
   */
  public record Metadata(
      @DefaultValue("true") Boolean enabled, @DefaultValue("5s") Duration timeout) {

    private static final Duration LONGEST_REQUEST = Duration.ofSeconds(1);

    EcsRoleOptions options() {
      EcsRoleOptions.Builder builder =
          EcsRoleOptions.builder().disabled(!enabled).deadline(timeout);
      return (timeout.compareTo(LONGEST_REQUEST) < 0 ? builder.timeout(timeout) : builder).build();
    }
  }

  /** Bound by Spring Boot; each value is optional. */
  public CredentialsProperties(
      @Nullable String accessKeyId,
      @Nullable String secretAccessKey,
      @Nullable String sessionToken,
      @Nullable String profile,
      @DefaultValue Metadata metadata) {
    this.accessKeyId = nonBlank(accessKeyId);
    this.secretAccessKey = nonBlank(secretAccessKey);
    this.sessionToken = nonBlank(sessionToken);
    this.profile = nonBlank(profile);
    this.metadata = metadata;
    Map<String, @Nullable String> values = new LinkedHashMap<>();
    values.put("access-key-id", accessKeyId);
    values.put("secret-access-key", secretAccessKey);
    values.put("session-token", sessionToken);
    values.put("profile", profile);
    this.blank =
        values.entrySet().stream()
            .filter(entry -> entry.getValue() != null && entry.getValue().isBlank())
            .map(Map.Entry::getKey)
            .toList();
  }

  /**
   * Warns if blank properties select {@code others}: a variable that was to set them may be unset.
   *
   * @param group the prefix of these properties
   */
  void warnIfBlank(Logger log, String group, String others) {
    if (!blank.isEmpty() && accessKeyId == null && profile == null) {
      log.warn(
          "Blank properties below {} are ignored, and {} are used: {}. Set them, or remove them",
          group,
          others,
          String.join(", ", blank));
    }
  }

  Metadata metadata() {
    return metadata;
  }

  /**
   * Returns the provider of the access key, of the profile, or the default chain.
   *
   * @param transport supplies the options of the connections to services that issue credentials
   */
  CredentialsProvider provider(Supplier<TransportOptions> transport) {
    if (accessKeyId != null && secretAccessKey != null) {
      requireUnset("profile", profile);
      return CredentialsProvider.fixed(
          new Credentials(accessKeyId, secretAccessKey, sessionToken, null));
    }
    requireUnset("accessKeyId without secretAccessKey", accessKeyId);
    requireUnset("secretAccessKey without accessKeyId", secretAccessKey);
    requireUnset("sessionToken without accessKeyId", sessionToken);
    CredentialsOptions options =
        CredentialsOptions.builder()
            .profile(profile)
            .metadata(metadata.options())
            .transport(transport.get())
            .build();
    return profile == null
        ? CredentialsProvider.defaultChain(options)
        : CredentialsProvider.profile(options);
  }

  /**
   * Returns {@link #provider}.
   *
   * @param group the prefix of these properties
   * @throws InvalidPropertyException if the profile does not exist
   */
  CredentialsProvider existingProvider(String group, Supplier<TransportOptions> transport) {
    if (profile != null) {
      try {
        CredentialsProvider.requireProfile(profile);
      } catch (EcsException e) {
        throw new InvalidPropertyException(group, "profile must exist: " + e.detail(), e);
      }
    }
    return provider(transport);
  }

  private static @Nullable String nonBlank(@Nullable String value) {
    return value == null || value.isBlank() ? null : value;
  }

  /** Names the source; of a key it shows the first four characters. */
  String describe() {
    if (profile != null) {
      return "profile " + profile;
    }
    return accessKeyId == null
        ? "default chain"
        : "access key " + accessKeyId.substring(0, Math.min(4, accessKeyId.length() / 2)) + "***";
  }

  private static void requireUnset(String problem, @Nullable String value) {
    if (value != null) {
      throw new IllegalArgumentException(
          problem
              + " must not be set: set accessKeyId and secretAccessKey, or profile, or neither");
    }
  }

  /** Shows no value. */
  @Override
  public String toString() {
    return "CredentialsProperties[***]";
  }
}
