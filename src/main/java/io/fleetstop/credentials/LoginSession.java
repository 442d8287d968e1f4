package io.fleetstop.credentials;

import io.fleetstop.error.EcsException;
import io.fleetstop.transport.SmallFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Predicate;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.JsonNode;

/**
 * Provides a login of the official tool: reads its cache file, and refreshes the login in memory.
 * Only the tool itself writes the file; it may do so at any time.
 */
final class LoginSession {

  /** What is different for each kind of login. */
  interface Service {

    /**
     * Reads a cache file.
     *
     * @throws IllegalArgumentException if a value cannot be used
     */
    Login read(JsonNode cache);

    /** Requests the next tokens; fails with the code {@link #INVALID_GRANT} if it must not. */
    Mono<Login> refresh(Login login);

    /** Returns the command that logs in again. */
    String command();
  }

  /** The code of a refresh token that the service no longer accepts. */
  static final String INVALID_GRANT = "invalid_grant";

  private static final int BAD_REQUEST = 400;

  private final Path file;
  private final Service service;
  private final LoginMemory memory;

  LoginSession(Path file, Service service, LoginMemory memory) {
    this.file = file;
    this.service = service;
    this.memory = memory;
  }

  /** Emits a login that passes {@code usable}, refreshed if the newest one does not. */
  Mono<Login> login(Predicate<Login> usable) {
    return read()
        .flatMap(
            cached -> {
              Login newest = memory.newest(file, cached);
              return usable.test(newest)
                  ? Mono.just(newest)
                  : refresh(cached, newest)
                      .onErrorResume(
                          LoginSession::isInvalidGrant, refusal -> readAgain(newest, usable));
            });
  }

  private Mono<Login> refresh(Login cached, Login login) {
    if (login.refreshToken().isEmpty()) {
      return Mono.error(() -> logInAgain("the login has expired and cannot be refreshed"));
    }
    return service.refresh(login).doOnNext(next -> memory.put(file, cached, next));
  }

  /** The tool or another process may have refreshed the login in the meantime. */
  private Mono<Login> readAgain(Login refused, Predicate<Login> usable) {
    return read()
        .flatMap(
            cached -> {
              Login newest = memory.newest(file, cached);
              if (newest.refreshToken().equals(refused.refreshToken())) {
                return Mono.error(() -> logInAgain("the service no longer accepts the login"));
              }
              return usable.test(newest) ? Mono.just(newest) : refresh(cached, newest);
            })
        .onErrorMap(
            LoginSession::isInvalidGrant,
            refusal -> logInAgain("the service no longer accepts the login"));
  }

  private Mono<Login> read() {
    return Mono.fromSupplier(this::readFile).subscribeOn(Schedulers.boundedElastic());
  }

  private Login readFile() {
    JsonNode cache;
    try {
      cache = Json.parse(SmallFile.read(file, SmallFile.MAX_TEXT));
    } catch (NoSuchFileException e) {
      throw CredentialsErrors.unavailable(
          "there is no login, " + file + " does not exist; log in with: " + service.command());
    } catch (IOException e) {
      throw CredentialsErrors.unavailable(file + " cannot be read: " + SmallFile.reason(e));
    }
    if (!cache.isObject()) {
      throw logInAgain("it is not a JSON object");
    }
    try {
      return service.read(cache);
    } catch (IllegalArgumentException e) {
      throw logInAgain(String.valueOf(e.getMessage()));
    }
  }

  /** Returns the error of a login that cannot be used any more. */
  EcsException logInAgain(String problem) {
    return CredentialsErrors.unavailable(
        file + ": " + problem + "; log in again with: " + service.command());
  }

  private static boolean isInvalidGrant(Throwable failure) {
    return failure instanceof EcsException error
        && error.errorCode().code().equals(INVALID_GRANT)
        && Integer.valueOf(BAD_REQUEST).equals(error.httpStatus());
  }

  /** Returns the name of a cache file: the SHA-1 of what identifies the login. */
  static String fileName(String identity) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-1").digest(identity.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash) + ".json";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-1", e);
    }
  }
}
