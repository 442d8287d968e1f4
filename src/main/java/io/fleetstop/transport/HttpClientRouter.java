package io.fleetstop.transport;

import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.TransportOptions.Protocol;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Objects;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClient.RequestSender;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.tcp.SslProvider.GenericSslContextSpec;
import reactor.netty.transport.AddressUtils;
import reactor.netty.transport.ProxyProvider;

/**
 * Holds one Reactor Netty client for each of the four routes to a host: plain or secure, direct or
 * through a proxy. They are created once because Reactor Netty copies its configuration whenever a
 * client is changed for a request; the secure ones when they are first needed, because they read
 * the trusted certificates.
 */
final class HttpClientRouter {

  private final Route plain;
  private final Mono<Route> newSecure;
  private volatile @Nullable Route secure;

  HttpClientRouter(TransportOptions options, ConnectionProvider pool) {
    HttpClient client = plain(options, pool);
    this.plain = new Route(client, options.plainProxy(), options);
    this.newSecure =
        Mono.fromCallable(() -> secure(client, options))
            .subscribeOn(Schedulers.boundedElastic())
            .cache();
    if (mayBeRejected(options)) {
      secure(client, options);
    }
  }

  /** What the user has supplied is checked at once, not when it is first used. */
  private static boolean mayBeRejected(TransportOptions options) {
    TlsOptions tls = options.tls();
    ProxyOptions proxy = options.secureProxy();
    return tls.trust() != null
        || tls.clientKey() != null
        || (proxy != null && proxy.type() == ProxyOptions.Type.HTTPS);
  }

  private Route secure(HttpClient plain, TransportOptions options) {
    Route created = new Route(secureClient(plain, options), options.secureProxy(), options);
    secure = created;
    return created;
  }

  /** Returns whether the client for the request exists. */
  boolean isReady(Request request) {
    return secure != null || !isSecure(request.server());
  }

  /**
   * Creates the client for {@code https}, once, on a thread that may block: it reads the trusted
   * certificates.
   */
  Mono<Void> prepare() {
    return newSecure.then();
  }

  /** Returns the sender for the request, without its headers and body. */
  RequestSender senderFor(Request request) {
    return routeFor(request).senderFor(request);
  }

  /** Returns the proxy for the server, or {@code null} for a direct connection. */
  @Nullable ProxyOptions proxyFor(Request request) {
    return routeFor(request).proxyFor(request);
  }

  private Route routeFor(Request request) {
    return isSecure(request.server()) ? Objects.requireNonNull(secure, "prepared") : plain;
  }

  static boolean isSecure(URI uri) {
    return uri.getScheme().equalsIgnoreCase("https");
  }

  private static HttpClient plain(TransportOptions options, ConnectionProvider pool) {
    return HttpClient.create(pool)
        .disableRetry(true)
        .followRedirect(false)
        .compress(true)
        .httpMessageLogFactory(MessageLog.INSTANCE)
        .responseTimeout(options.responseTimeout())
        .httpResponseDecoder(
            decoder ->
                decoder
                    // Equal values count once; different ones are refused.
                    .allowDuplicateContentLengths(true)
                    .maxHeaderSize(options.maxHeaderBytes())
                    .maxInitialLineLength(options.maxHeaderBytes()))
        .option(
            ChannelOption.CONNECT_TIMEOUT_MILLIS,
            Math.toIntExact(options.connectTimeout().toMillis()))
        .doOnChannelInit((observer, channel, address) -> ChannelGuard.install(channel))
        .doOnRequest(ExchangeSubscriber::prepare)
        .headers(
            headers ->
                headers
                    .set(HttpHeaderNames.USER_AGENT, UserAgent.of(options.applicationName()))
                    .set(HttpHeaderNames.ACCEPT, "application/json"));
  }

  private static HttpClient secureClient(HttpClient plain, TransportOptions options) {
    GenericSslContextSpec<?> context = context(options);
    HttpClient secure =
        plain.secure(
            tls -> tls.sslContext(context).handshakeTimeout(options.tlsHandshakeTimeout()));
    return options.protocol() == Protocol.HTTP_1_1
        ? secure
        : secure
            .protocol(HttpProtocol.H2, HttpProtocol.HTTP11)
            .http2Settings(settings -> settings.maxHeaderListSize(options.maxHeaderBytes()));
  }

  private static GenericSslContextSpec<?> context(TransportOptions options) {
    Consumer<SslContextBuilder> configuration = builder -> configureServer(builder, options.tls());
    return options.protocol() == Protocol.HTTP_1_1
        ? Http11SslContextSpec.forClient().configure(configuration)
        : Http2SslContextSpec.forClient().configure(configuration);
  }

  private static void configureServer(SslContextBuilder builder, TlsOptions tls) {
    configure(builder, tls);
    // A proxy must not learn who calls which service.
    if (tls.clientKey() != null) {
      builder.keyManager(tls.clientKey());
    }
  }

  private static void configure(SslContextBuilder builder, TlsOptions tls) {
    builder.endpointIdentificationAlgorithm("HTTPS");
    if (tls.minVersion() == TlsOptions.Version.TLS_1_3) {
      builder.protocols(TlsOptions.Version.TLS_1_3.protocol());
    } else {
      builder.protocols(
          TlsOptions.Version.TLS_1_3.protocol(), TlsOptions.Version.TLS_1_2.protocol());
    }
    if (tls.isTrustingAnyCertificate()) {
      builder
          .trustManager(InsecureTrustManagerFactory.INSTANCE)
          .endpointIdentificationAlgorithm("");
    } else if (tls.trust() != null) {
      builder.trustManager(tls.trust());
    }
  }

  /** The route to the addresses of one scheme. */
  private static final class Route {

    private record CachedClient(URI server, HttpClient client, RequestSender get) {}

    private final HttpClient direct;
    private final @Nullable ProxyOptions proxy;
    private final HttpClient proxied;
    private volatile @Nullable CachedClient lastClient;

    Route(HttpClient direct, @Nullable ProxyOptions proxy, TransportOptions options) {
      this.direct = direct;
      this.proxy = proxy;
      this.proxied =
          proxy == null
              ? direct
              : secured(direct, proxy, options)
                  .proxyWhen(
                      (config, spec) ->
                          addressOf(proxy).map(address -> provider(spec, address, proxy)));
    }

    /** Reactor Netty has no TLS to a proxy: it is added below the handler of the proxy. */
    private static HttpClient secured(
        HttpClient direct, ProxyOptions proxy, TransportOptions options) {
      if (proxy.type() != ProxyOptions.Type.HTTPS) {
        return direct;
      }
      SslContext context = contextToProxy(options.tls());
      return direct.doOnChannelInit(
          (observer, channel, address) -> {
            SslHandler handler =
                context.newHandler(channel.alloc(), withoutBrackets(proxy.host()), proxy.port());
            handler.setHandshakeTimeoutMillis(options.tlsHandshakeTimeout().toMillis());
            channel.pipeline().addFirst("fleetstop.tlsToProxy", handler);
          });
    }

    private static SslContext contextToProxy(TlsOptions tls) {
      SslContextBuilder builder = SslContextBuilder.forClient();
      configure(builder, tls);
      try {
        return builder.build();
      } catch (SSLException e) {
        throw new IllegalArgumentException("tls must make a context for the proxy", e);
      }
    }

    RequestSender senderFor(Request request) {
      CachedClient client = clientFor(request);
      RequestSender sender =
          request.method().equals("GET")
              ? client.get
              : client.client.request(HttpMethod.valueOf(request.method()));
      return sender.uri(request.target());
    }

    /**
     * Returns the client for a server. The last one is cached because a client usually has one
     * server: given an absolute address, Reactor Netty parses it with a regular expression, which
     * knows no host with an underscore, and creates a socket address for each request.
     */
    private CachedClient clientFor(Request request) {
      CachedClient cached = lastClient;
      if (cached == null || !cached.server.equals(request.server())) {
        Authority server = request.authority();
        // The name stays unresolved here; it is resolved for each connection.
        InetSocketAddress address =
            AddressUtils.createUnresolved(server.socketHost(), server.port());
        HttpClient client =
            (proxyFor(request) == null ? direct : proxied).remoteAddress(() -> address);
        cached = new CachedClient(request.server(), client, client.request(HttpMethod.GET));
        lastClient = cached;
      }
      return cached;
    }

    @Nullable ProxyOptions proxyFor(Request request) {
      if (proxy == null) {
        return null;
      }
      Authority server = request.authority();
      return proxy.isBypassedFor(server.host(), server.port()) ? null : proxy;
    }

    /** A URI has brackets around an IPv6 address, a socket address has none. */
    private static String withoutBrackets(String host) {
      return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** Resolves the proxy for each request; the JDK's DNS cache applies. */
    private static Mono<InetSocketAddress> addressOf(ProxyOptions proxy) {
      Mono<InetSocketAddress> address =
          Mono.fromCallable(
              () -> new InetSocketAddress(InetAddress.getByName(proxy.host()), proxy.port()));
      boolean literal = NetUtil.createByteArrayFromIpAddressString(proxy.host()) != null;
      return literal ? address : address.subscribeOn(Schedulers.boundedElastic());
    }

    private static ProxyProvider.Builder provider(
        ProxyProvider.TypeSpec spec, InetSocketAddress address, ProxyOptions proxy) {
      ProxyProvider.Builder builder =
          spec.type(
                  proxy.type() == ProxyOptions.Type.SOCKS5
                      ? ProxyProvider.Proxy.SOCKS5
                      : ProxyProvider.Proxy.HTTP)
              .socketAddress(address)
              .connectTimeoutMillis(proxy.connectTimeout().toMillis());
      String username = proxy.username();
      String password = proxy.password();
      return username == null || password == null
          ? builder
          : builder.username(username).password(user -> password);
    }
  }
}
