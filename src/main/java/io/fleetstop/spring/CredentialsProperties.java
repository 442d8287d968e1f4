package io.fleetstop.spring;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import org.jspecify.annotations.Nullable;

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

  /** Bound by Spring Boot; each value is optional. */
  public CredentialsProperties(
      @Nullable String accessKeyId,
      @Nullable String secretAccessKey,
      @Nullable String sessionToken,
      @Nullable String profile) {
    this.accessKeyId = nonBlank(accessKeyId);
    this.secretAccessKey = nonBlank(secretAccessKey);
    this.sessionToken = nonBlank(sessionToken);
    this.profile = nonBlank(profile);
  }

  /** Returns the provider of the access key, of the profile, or the default chain. */
  CredentialsProvider provider() {
    if (accessKeyId != null && secretAccessKey != null) {
      requireUnset("profile", profile);
      return CredentialsProvider.fixed(
          new Credentials(accessKeyId, secretAccessKey, sessionToken, null));
    }
    requireUnset("accessKeyId without secretAccessKey", accessKeyId);
    requireUnset("secretAccessKey without accessKeyId", secretAccessKey);
    requireUnset("sessionToken without accessKeyId", sessionToken);
    return profile == null
        ? CredentialsProvider.defaultChain()
        : CredentialsProvider.profile(profile);
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
