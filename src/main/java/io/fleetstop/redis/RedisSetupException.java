package io.fleetstop.redis;

/** Redis cannot be reached, or is not fit for what is asked. The message names no credentials. */
public final class RedisSetupException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  RedisSetupException(String message) {
    super(message);
  }
}
