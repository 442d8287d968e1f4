package io.fleetstop.sign;

import org.jspecify.annotations.Nullable;

/**
 * An access key, as far as a signature needs it. {@code Credentials} is one; whoever signs alone
 * may bring another, all of whose texts must be printable ASCII.
 */
public interface AccessKey {

  /** The id of the key, sent with every request. */
  String accessKeyId();

  /** The key, never sent. */
  String secretAccessKey();

  /** The token of a temporary key, sent with every request, or {@code null}. */
  @Nullable String sessionToken();
}
