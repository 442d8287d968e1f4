package io.fleetstop.spring;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import org.jspecify.annotations.Nullable;

/**
 * The properties below {@code fleetstop.credentials}. Nothing reads them back, so that no page of
 * an actuator can show them.
 */
public final class CredentialsProperties {

  /** Id of an access key, in place of the environment and the official tool's file. */
  private final @Nullable String accessKeyId;

  /** The access key itself. */
  private final @Nullable String secretAccessKey;

  /** Token of temporary credentials. */
  private final @Nullable String sessionToken;

  /** Profile of the official tool's file, in place of an access key. */
  private final @Nullable String profile;

  /** Bound by Spring Boot; each may be absent. */
  public CredentialsProperties(
      @Nullable String accessKeyId,
      @Nullable String secretAccessKey,
      @Nullable String sessionToken,
      @Nullable String profile) {
    this.accessKeyId = accessKeyId;
    this.secretAccessKey = secretAccessKey;
    this.sessionToken = sessionToken;
    this.profile = profile;
  }

  /** The key, the profile, or the chain of sources if neither is set. */
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

  private static void requireUnset(String what, @Nullable String value) {
    if (value != null) {
      throw new IllegalArgumentException(
          what + " must not be set: set accessKeyId and secretAccessKey, or profile, or neither");
    }
  }

  /** Nothing of what is in it. */
  @Override
  public String toString() {
    return "CredentialsProperties[***]";
  }
}
