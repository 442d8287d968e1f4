package io.fleetstop.redis;

import io.fleetstop.error.Printable;

/** Redis cannot be reached, or is not fit for what is asked. The message names no credentials. */
public final class RedisSetupException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  RedisSetupException(String message) {
    // A server chooses some of the values in it.
    super(Printable.of(message));
  }
}
