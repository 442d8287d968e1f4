package io.fleetstop.cli.options;

/**
 * The URL of Redis.
 *
 * @param url the URL, which may have a password
 * @param source the option or the variable that it is from
 */
public record RedisUrl(String url, String source) {

  static final String OPTION = "--redis";
  static final String VARIABLE = "FLEETSTOP_REDIS_URL";

  /** Returns what to do if Redis asks for a password: the option must have none. */
  public String passwordAdvice() {
    return source.equals(OPTION)
        ? "; set " + VARIABLE + " to the URL with its password, and leave out " + OPTION
        : "";
  }

  /** The source, since the URL may have a password. */
  @Override
  public String toString() {
    return source;
  }
}
