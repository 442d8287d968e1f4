package io.fleetstop.credentials;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The directory below which files of a user are. It is never below the current directory, into
 * which others may be able to write.
 */
public final class UserHome {

  private UserHome() {}

  /** Returns the directory of the account that runs this process; empty if it is unknown. */
  public static String ofAccount() {
    return System.getProperty("user.home", "");
  }

  /**
   * Returns the directory: the variable before the account's entry.
   *
   * @param variable the value of {@code HOME}, or {@code null}
   * @param ofAccount the directory of the account, for which the JDK returns {@code ?} if the
   *     account has no entry, as in many containers
   * @return {@code null} if neither is absolute
   * @throws InvalidPathException if a value is no path
   */
  public static @Nullable Path of(@Nullable String variable, String ofAccount) {
    Path named = absolute(variable);
    return named == null ? absolute(ofAccount) : named;
  }

  /** Returns a path, or {@code null} if it is empty or relative. */
  public static @Nullable Path absolute(@Nullable String path) {
    return path == null || path.isEmpty() || !Path.of(path).isAbsolute() ? null : Path.of(path);
  }
}
