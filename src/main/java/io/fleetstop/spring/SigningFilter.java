package io.fleetstop.spring;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.Preconditions;
import io.fleetstop.error.Printable;
import io.fleetstop.retry.RetryPolicy.Remedy;
import io.fleetstop.sign.ClockSkew;
import io.fleetstop.sign.RequestSigner;
import io.fleetstop.transport.Authority;
import io.fleetstop.transport.HttpExchange.Request;
import java.net.URI;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import reactor.core.publisher.Mono;

/**
 * Signs the requests of a {@code WebClient} to one address of the platform. Thread-safe.
 *
 * <p>Credentials are resolved per exchange, before connecting. The signature covers the body, which
 * is buffered first, up to a limit, with the client's own codecs; a larger or endless body fails
 * the exchange before anything is sent. The request's query is brought to canonical form.
 *
 * <p><strong>Where credentials go:</strong> only to {@code endpoint}; a request to another address
 * fails. A signature is sent once: if Reactor Netty follows a redirect or retries on its own, the
 * exchange fails. Other HTTP clients copy headers to the target of a redirect: turn redirects off
 * there, in Spring Boot with {@code spring.http.clients.redirects=dont-follow}.
 *
 * <p>Register it last, inside {@link RetryFilter}, so that each attempt is signed again.
 */
public final class SigningFilter implements ExchangeFilterFunction {

  private final URI endpoint;
  private final RequestSigner signer;
  private final CredentialsProvider credentials;
  private final ClockSkew clock;
  private final int maxBodyBytes;

  private SigningFilter(Builder builder) {
    this.endpoint = builder.endpoint;
    this.signer = builder.signer;
    this.credentials = builder.credentials;
    this.clock = new ClockSkew(builder.clock);
    this.maxBodyBytes = builder.maxBodyBytes;
  }

  /**
   * Returns a builder with every option at its default.
   *
   * @param endpoint the only permitted target: scheme, host and port
   * @param signer signs for the called region and service
   * @param credentials the provider of credentials
   */
  public static Builder builder(
      URI endpoint, RequestSigner signer, CredentialsProvider credentials) {
    return new Builder(endpoint, signer, credentials);
  }

  @Override
  public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
    if (!isAtEndpoint(request.url())) {
      return Mono.error(
          () ->
              new IllegalArgumentException(
                  "request must go to the endpoint of this filter, "
                      + origin(endpoint)
                      + ", was to "
                      + origin(request.url())
                      + "; nothing was sent: use a WebClient without this filter"));
    }
    return Mono.defer(credentials::resolve)
        .onErrorMap(failure -> !(failure instanceof EcsException), SigningFilter::unavailable)
        .switchIfEmpty(Mono.error(SigningFilter::noCredentials))
        // Not Mono.flatMap, which may lose a cancel while it subscribes to the inner publisher.
        .flatMapMany(resolved -> next.exchange(signed(request, resolved)))
        .singleOrEmpty();
  }

  private ClientRequest signed(ClientRequest request, Credentials resolved) {
    URI uri = RequestSigner.canonical(request.url());
    AttemptSigning.of(request).record(this, resolved);
    return ClientRequest.from(request)
        .url(uri)
        .body(
            BodyBuffering.bufferOnce(
                request.body(),
                maxBodyBytes,
                (output, body) -> {
                  sign(output, new Request(request.method().name(), uri, Map.of(), body), resolved);
                  return BodyBuffering.write(output, body);
                }))
        .build();
  }

  private void sign(ClientHttpRequest output, Request request, Credentials resolved) {
    signer.sign(request, resolved, clock.now()).headers().forEach(output.getHeaders()::set);
  }

  /** Corrects the clock or invalidates the credentials that the service rejected. */
  void applyRemedy(Remedy remedy, EcsException failure, Credentials used) {
    Long serverTimeMillis = failure.serverTimeMillis();
    if (remedy == Remedy.CORRECT_CLOCK && serverTimeMillis != null) {
      clock.update(endpoint, serverTimeMillis);
    }
    if (remedy == Remedy.REFRESH_CREDENTIALS) {
      credentials.invalidate(used);
    }
  }

  private boolean isAtEndpoint(URI uri) {
    return origin(uri).equals(origin(endpoint));
  }

  private static String origin(URI uri) {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    Authority authority = Authority.of(uri);
    return authority == null
        ? scheme + ":"
        : scheme + "://" + authority.host().toLowerCase(Locale.ROOT) + ":" + authority.port();
  }

  private static EcsException unavailable(Throwable failure) {
    return EcsException.builder(ClientErrors.CREDENTIALS_UNAVAILABLE, Delivery.NOT_SENT)
        .detail("The credentials provider failed with " + failure.getClass().getSimpleName())
        .cause(failure)
        .build();
  }

  private static EcsException noCredentials() {
    return EcsException.builder(ClientErrors.CREDENTIALS_UNAVAILABLE, Delivery.NOT_SENT)
        .detail("The credentials provider completed without credentials")
        .build();
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    private final URI endpoint;
    private final RequestSigner signer;
    private final CredentialsProvider credentials;
    private InstantSource clock = InstantSource.system();
    private int maxBodyBytes = 1024 * 1024;

    private Builder(URI endpoint, RequestSigner signer, CredentialsProvider credentials) {
      if (Authority.of(endpoint) == null || endpoint.getScheme() == null) {
        throw new IllegalArgumentException(
            "endpoint must have a scheme and a host, was "
                + Printable.addressWithoutUserInfo(endpoint.toString()));
      }
      this.endpoint = endpoint;
      this.signer = Objects.requireNonNull(signer, "signer");
      this.credentials = Objects.requireNonNull(credentials, "credentials");
    }

    /**
     * Sets the largest signed body, in bytes. Default: 1 MiB.
     *
     * @throws IllegalArgumentException if {@code maxBodyBytes} is less than 1
     */
    public Builder maxBodyBytes(int maxBodyBytes) {
      this.maxBodyBytes = Preconditions.positive("maxBodyBytes", maxBodyBytes);
      return this;
    }

    /** Sets the clock of the signatures. Default: the system clock. */
    public Builder clock(InstantSource clock) {
      this.clock = Objects.requireNonNull(clock, "clock");
      return this;
    }

    /** Returns the filter. */
    public SigningFilter build() {
      return new SigningFilter(this);
    }
  }
}
