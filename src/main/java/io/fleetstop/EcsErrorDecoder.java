package io.fleetstop;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.error.EcsException;
import io.fleetstop.transport.HttpExchange.Response;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Reads what replies of the platform say went wrong, for those who call it with other clients. */
public final class EcsErrorDecoder {

  private EcsErrorDecoder() {}

  /**
   * The error that a reply tells of, by its code at any status and by its status without one; or
   * {@code null} if it is a success. A pure function.
   *
   * @param reply the reply, with its whole body
   * @param credentials what the request was signed with, so that nothing of them stands in the
   *     error, or {@code null} if that is not known
   * @param now when the reply came, for a {@code Retry-After} that names a date
   */
  public static @Nullable EcsException decode(
      Response reply, @Nullable Credentials credentials, Instant now) {
    return ActionCodec.errorOf(reply, credentials, now);
  }
}
