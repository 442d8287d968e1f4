package io.fleetstop.credentials;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The logins that this process has refreshed. The official tool's cache files are never written, so
 * the tokens of a refresh exist only here.
 */
final class LoginMemory {

  /**
   * A refreshed login.
   *
   * @param cached the refresh token of the cache file from which it descends
   */
  private record Refreshed(String cached, Login login) {

    @Override
    public String toString() {
      return "Refreshed[***]";
    }
  }

  private final Map<Path, Refreshed> logins = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable Credentials> rejected = new AtomicReference<>();

  /**
   * Returns the newest login: that of the file if the user has logged in since the last refresh.
   */
  Login newest(Path file, Login cached) {
    Refreshed refreshed = logins.get(file);
    return refreshed != null && refreshed.cached.equals(cached.refreshToken())
        ? refreshed.login
        : cached;
  }

  void put(Path file, Login cached, Login refreshed) {
    logins.put(file, new Refreshed(cached.refreshToken(), refreshed));
  }

  /** Remembers credentials that the service rejected before they expired. */
  void reject(Credentials credentials) {
    rejected.set(credentials);
  }

  boolean isRejected(Credentials credentials) {
    return credentials.equals(rejected.get());
  }
}
