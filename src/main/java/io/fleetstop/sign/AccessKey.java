package io.fleetstop.sign;

import org.jspecify.annotations.Nullable;

/**
 * The parts of an access key that a signature needs. {@code Credentials} implements it; code that
 * uses the signer alone may provide its own implementation. Every value must be printable ASCII.
 */
public interface AccessKey {

  /** Returns the id of the key, which is sent with every request. */
  String accessKeyId();

  /** Returns the secret key, which is never sent. */
  String secretAccessKey();

  /** Returns the session token of a temporary key, sent with every request, or {@code null}. */
  @Nullable String sessionToken();
}
