package io.fleetstop.simulator;

import io.fleetstop.error.Preconditions;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.tcp.SslProvider.GenericSslContextSpec;

/**
 * The services that issue credentials, on one port: STS ({@code AssumeRole}, {@code
 * AssumeRoleWithOIDC}, {@code GetCallerIdentity}), sign-in ({@code /authorize/oauth/token}), portal
 * ({@code /federation/credentials}) and OAuth ({@code /token}). A test of an application sets its
 * address in {@code CredentialsOptions}, and writes the official tool's files as it needs them.
 *
 * <p>The n-th credentials that are issued, whatever the service, are {@link #issued}{@code (n)}. A
 * refresh replaces the refresh token: the old one is answered with {@code invalid_grant}.
 */
public final class IdentitySimulator implements Disposable {

  /** One of the services. */
  public enum Service {
    /** STS. */
    STS,
    /** The sign-in service, which refreshes logins to the console. */
    SIGNIN,
    /** The portal, which issues the credentials of single sign-on. */
    PORTAL,
    /** The OAuth service, which refreshes logins of single sign-on. */
    OAUTH
  }

  /**
   * A temporary access key that was issued.
   *
   * @param accessKeyId the id
   * @param secretAccessKey the secret
   * @param sessionToken the session token
   */
  public record IssuedKey(String accessKeyId, String secretAccessKey, String sessionToken) {

    /** Shows only the id. */
    @Override
    public String toString() {
      return "IssuedKey[" + accessKeyId + "]";
    }
  }

  private static final int MAX_REQUEST_LINE = 1 << 16;

  private final DisposableServer server;
  private final IdentityServices services;
  private final boolean secure;

  private IdentitySimulator(DisposableServer server, IdentityServices services, boolean secure) {
    this.server = server;
    this.services = services;
    this.secure = secure;
  }

  /** Returns a builder. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the address of all services. */
  public URI endpoint() {
    return URI.create((secure ? "https" : "http") + "://127.0.0.1:" + server.port());
  }

  /** Returns the n-th key that is issued, counted from 1. */
  public static IssuedKey issued(int number) {
    return new IssuedKey(
        "AKTPsimulated" + number, "issued-secret-" + number, "issued-token-" + number);
  }

  /** Returns the services of the last 10,000 calls, oldest first. */
  public List<Service> calls() {
    return services.calls();
  }

  /** Returns the newest refresh token. */
  public String refreshToken() {
    return services.refreshToken();
  }

  /** Replaces the refresh token, as a refresh by the official tool does. */
  public void rotate(String refreshToken) {
    services.rotate(Objects.requireNonNull(refreshToken, "refreshToken"));
  }

  /**
   * Rejects the next call to a service.
   *
   * @param status the HTTP status
   * @param code the code of the error
   */
  public void failNext(Service service, int status, String code) {
    services.failNext(service, status, code);
  }

  /** Closes the port and all connections. */
  @Override
  public void dispose() {
    server.dispose();
  }

  @Override
  public boolean isDisposed() {
    return server.isDisposed();
  }

  /** Shows the address. */
  @Override
  public String toString() {
    return "IdentitySimulator[" + endpoint() + "]";
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    final Map<String, SignatureVerifier.Key> keys = new LinkedHashMap<>();
    InstantSource clock = InstantSource.system();
    Duration lifetime = Duration.ofHours(1);
    String oidcToken = "";
    String accessToken = "";
    String refreshToken = "";
    private int port;
    private @Nullable Path certificate;
    private @Nullable Path key;

    private Builder() {}

    /**
     * Sets the port to listen on. Default: a free one.
     *
     * @throws IllegalArgumentException if {@code port} is not 1 to 65535
     */
    public Builder port(int port) {
      if (port < 1 || port > 65_535) {
        throw new IllegalArgumentException("port must be 1 to 65535, was " + port);
      }
      this.port = port;
      return this;
    }

    /** Adds an access key whose signatures STS accepts. Default: none. */
    public Builder accessKey(String accessKeyId, String secretAccessKey) {
      keys.put(accessKeyId, new SignatureVerifier.Key(secretAccessKey, null));
      return this;
    }

    /** Adds a temporary access key whose signatures STS accepts. Default: none. */
    public Builder accessKey(String accessKeyId, String secretAccessKey, String sessionToken) {
      Objects.requireNonNull(sessionToken, "sessionToken");
      keys.put(accessKeyId, new SignatureVerifier.Key(secretAccessKey, sessionToken));
      return this;
    }

    /** Sets the token that {@code AssumeRoleWithOIDC} accepts. Default: none. */
    public Builder oidcToken(String oidcToken) {
      this.oidcToken = Objects.requireNonNull(oidcToken, "oidcToken");
      return this;
    }

    /** Sets the access token that the portal accepts at first. Default: none. */
    public Builder accessToken(String accessToken) {
      this.accessToken = Objects.requireNonNull(accessToken, "accessToken");
      return this;
    }

    /** Sets the refresh token that sign-in and OAuth accept at first. Default: none. */
    public Builder refreshToken(String refreshToken) {
      this.refreshToken = Objects.requireNonNull(refreshToken, "refreshToken");
      return this;
    }

    /**
     * Sets the lifetime of credentials and access tokens. Default: 1 h.
     *
     * @throws IllegalArgumentException if {@code lifetime} is not 1 ms to 365 days
     */
    public Builder lifetime(Duration lifetime) {
      this.lifetime = Preconditions.positive("lifetime", lifetime);
      return this;
    }

    /** Sets the clock of all services. Default: the system clock. */
    public Builder clock(InstantSource clock) {
      this.clock = Objects.requireNonNull(clock, "clock");
      return this;
    }

    /**
     * Uses TLS with this certificate. Default: plain HTTP, which the sources of credentials accept
     * on the loopback interface only.
     *
     * @param certificatePem the certificates, the server's own first
     * @param keyPem the key, as PKCS#8
     */
    public Builder tls(Path certificatePem, Path keyPem) {
      this.certificate = Objects.requireNonNull(certificatePem, "certificatePem");
      this.key = Objects.requireNonNull(keyPem, "keyPem");
      return this;
    }

    /** Starts the services on the loopback interface and blocks until they listen. */
    public IdentitySimulator startNow() {
      IdentityServices services = new IdentityServices(this);
      HttpServer server =
          HttpServer.create()
              .host("127.0.0.1")
              .port(port)
              .httpRequestDecoder(spec -> spec.maxInitialLineLength(MAX_REQUEST_LINE))
              .handle((request, response) -> handle(services, request, response));
      if (certificate != null && key != null) {
        GenericSslContextSpec<?> context =
            Http11SslContextSpec.forServer(certificate.toFile(), key.toFile());
        server = server.secure(tls -> tls.sslContext(context));
      }
      return new IdentitySimulator(server.bindNow(), services, certificate != null);
    }

    private static Publisher<Void> handle(
        IdentityServices services, HttpServerRequest request, HttpServerResponse response) {
      HttpHeaders headers = request.requestHeaders();
      return GatewayHttpHandler.collect(request.receive().asByteArray())
          .flatMap(
              body -> {
                IdentityServices.Reply reply =
                    services.handle(
                        SignatureVerifier.SignedRequest.of(
                            request.method().name(), request.uri(), headers, body));
                return response
                    .status(reply.status())
                    .header(HttpHeaderNames.CONTENT_TYPE, "application/json")
                    .header(
                        HttpHeaderNames.DATE,
                        DateTimeFormatter.RFC_1123_DATE_TIME.format(
                            services.now().atOffset(ZoneOffset.UTC)))
                    .sendByteArray(Mono.just(reply.body()))
                    .then();
              });
    }
  }
}
