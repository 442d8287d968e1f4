package io.fleetstop.spring;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.retry.RetryPolicy.Remedy;
import io.fleetstop.sign.ClockSkew;
import io.fleetstop.sign.RequestSigner;
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
 * <p>Credentials are asked for with each exchange, before a connection is. The signature covers the
 * body, which is gathered up to a bound first, with the client's own codecs; a body that is larger,
 * or has no end, fails the exchange before anything is sent. The query of the request is brought to
 * canonical form.
 *
 * <p><strong>Where credentials go:</strong> to {@code endpoint} alone. A request to another address
 * fails. A signature is sent once: with Reactor Netty as the HTTP client, a redirect that it
 * follows, and a second try of its own, fail the exchange. Other HTTP clients copy headers to where
 * they are redirected: have them follow no redirects, as {@code
 * spring.http.clients.redirects=dont-follow} does in Spring Boot.
 *
 * <p>Register it last, inside {@link RetryFilter}, so that each try is signed afresh.
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
   * Starts a filter.
   *
   * @param endpoint where requests may go: scheme, host and port count
   * @param signer signs for the region and service that is called
   * @param credentials who calls
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
                  "request must go to "
                      + origin(endpoint)
                      + ", for which this filter signs, was to "
                      + origin(request.url())));
    }
    return Mono.defer(credentials::resolve)
        .onErrorMap(failure -> !(failure instanceof EcsException), SigningFilter::unavailable)
        .switchIfEmpty(Mono.error(SigningFilter::none))
        // Mono.flatMap may lose a cancel that comes while it subscribes to what follows.
        .flatMapMany(resolved -> next.exchange(signed(request, resolved)))
        .singleOrEmpty();
  }

  private ClientRequest signed(ClientRequest request, Credentials resolved) {
    URI uri = RequestSigner.canonical(request.url());
    AttemptSigning.of(request).by(this, resolved);
    return ClientRequest.from(request)
        .url(uri)
        .body(
            BodyBuffering.once(
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

  /** Mends what the service found wrong with a signature. */
  void cure(Remedy cure, EcsException failure, Credentials used) {
    Long serverTimeMillis = failure.serverTimeMillis();
    if (cure == Remedy.CORRECT_CLOCK && serverTimeMillis != null) {
      clock.learn(serverTimeMillis);
    }
    if (cure == Remedy.REFRESH_CREDENTIALS) {
      credentials.invalidate(used);
    }
  }

  private boolean isAtEndpoint(URI uri) {
    return origin(uri).equals(origin(endpoint));
  }

  private static String origin(URI uri) {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    int standard = scheme.equals("https") ? 443 : 80;
    int port = uri.getPort() == -1 ? standard : uri.getPort();
    return scheme + "://" + String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT) + ":" + port;
  }

  private static EcsException unavailable(Throwable failure) {
    return EcsException.builder(ClientErrors.CREDENTIALS_UNAVAILABLE, Delivery.NOT_SENT)
        .detail("The credentials provider failed with " + failure.getClass().getSimpleName())
        .cause(failure)
        .build();
  }

  private static EcsException none() {
    return EcsException.builder(ClientErrors.CREDENTIALS_UNAVAILABLE, Delivery.NOT_SENT)
        .detail("The credentials provider gave none")
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
      if (endpoint.getHost() == null || endpoint.getScheme() == null) {
        throw new IllegalArgumentException(
            "endpoint must have a scheme and a host, was " + endpoint);
      }
      this.endpoint = endpoint;
      this.signer = Objects.requireNonNull(signer, "signer");
      this.credentials = Objects.requireNonNull(credentials, "credentials");
    }

    /** The largest body that is signed, in bytes, at least 1. Default 1 MiB. */
    public Builder maxBodyBytes(int maxBodyBytes) {
      if (maxBodyBytes < 1) {
        throw new IllegalArgumentException("maxBodyBytes must be at least 1, was " + maxBodyBytes);
      }
      this.maxBodyBytes = maxBodyBytes;
      return this;
    }

    /** The clock that dates signatures. Default the system's. */
    public Builder clock(InstantSource clock) {
      this.clock = Objects.requireNonNull(clock, "clock");
      return this;
    }

    /** The filter. */
    public SigningFilter build() {
      return new SigningFilter(this);
    }
  }
}
