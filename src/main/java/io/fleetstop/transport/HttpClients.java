package io.fleetstop.transport;

import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.TransportOptions.Protocol;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.function.Consumer;
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
 * Reactor Netty's clients for the four ways to a host: plain or secure, direct or through a proxy.
 * They are made beforehand because Reactor Netty copies its configuration whenever a client has to
 * change for a request.
 */
final class HttpClients {

  private final Route plain;
  private final Route secure;

  HttpClients(TransportOptions options, ConnectionProvider pool) {
    HttpClient client = plain(options, pool);
    this.plain = new Route(client, options.plainProxy());
    this.secure = new Route(secure(client, options), options.secureProxy());
  }

  /** What sends the request, but for its headers and body. */
  RequestSender senderFor(Request request) {
    return way(request).senderFor(request);
  }

  /** The proxy on the way to the server, or {@code null}. */
  @Nullable ProxyOptions proxyFor(Request request) {
    return way(request).proxyFor(request.server());
  }

  private Route way(Request request) {
    return isSecure(request.server()) ? secure : plain;
  }

  static boolean isSecure(URI uri) {
    return uri.getScheme().equalsIgnoreCase("https");
  }

  private static HttpClient plain(TransportOptions options, ConnectionProvider pool) {
    return HttpClient.create(pool)
        .disableRetry(true)
        .followRedirect(false)
        .compress(true)
        .responseTimeout(options.responseTimeout())
        .httpResponseDecoder(
            decoder ->
                decoder
                    .maxHeaderSize(options.maxHeaderBytes())
                    .maxInitialLineLength(options.maxHeaderBytes()))
        .option(
            ChannelOption.CONNECT_TIMEOUT_MILLIS,
            Math.toIntExact(options.connectTimeout().toMillis()))
        .doOnRequest(ExchangeSubscriber::prepare)
        .headers(
            headers ->
                headers
                    .set(HttpHeaderNames.USER_AGENT, UserAgent.of(options.applicationName()))
                    .set(HttpHeaderNames.ACCEPT, "application/json"));
  }

  private static HttpClient secure(HttpClient plain, TransportOptions options) {
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
    Consumer<SslContextBuilder> configuration = builder -> configure(builder, options.tls());
    return options.protocol() == Protocol.HTTP_1_1
        ? Http11SslContextSpec.forClient().configure(configuration)
        : Http2SslContextSpec.forClient().configure(configuration);
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
    if (tls.clientKey() != null) {
      builder.keyManager(tls.clientKey());
    }
  }

  /** The way to the addresses of one scheme. */
  private static final class Route {

    private record Kept(URI server, RequestSender get) {}

    private final HttpClient direct;
    private final @Nullable ProxyOptions proxy;
    private final HttpClient proxied;
    private final RequestSender proxiedGet;
    private volatile @Nullable Kept last;

    Route(HttpClient direct, @Nullable ProxyOptions proxy) {
      this.direct = direct;
      this.proxy = proxy;
      this.proxied =
          proxy == null
              ? direct
              : direct.proxyWhen(
                  (config, spec) ->
                      addressOf(proxy).map(address -> provider(spec, address, proxy)));
      this.proxiedGet = proxied.request(HttpMethod.GET);
    }

    RequestSender senderFor(Request request) {
      if (!request.method().equals("GET")) {
        HttpClient client = proxyFor(request.server()) == null ? direct : proxied;
        return client.request(HttpMethod.valueOf(request.method())).uri(request.uri());
      }
      return proxyFor(request.server()) == null
          ? senderTo(request.server()).uri(request.target())
          : proxiedGet.uri(request.uri());
    }

    /**
     * What sends to a server, kept because a client has one: given whole addresses, Reactor Netty
     * takes each apart with a pattern and makes a socket address of it.
     */
    private RequestSender senderTo(URI server) {
      Kept kept = last;
      if (kept == null || !kept.server.equals(server)) {
        // A name stays unresolved: it is looked up for each connection.
        InetSocketAddress address =
            AddressUtils.createUnresolved(withoutBrackets(server.getHost()), portOf(server));
        HttpClient client = direct.remoteAddress(() -> address);
        kept = new Kept(server, client.request(HttpMethod.GET));
        last = kept;
      }
      return kept.get;
    }

    @Nullable ProxyOptions proxyFor(URI uri) {
      if (proxy == null) {
        return null;
      }
      return proxy.isBypassedFor(uri.getHost(), portOf(uri)) ? null : proxy;
    }

    private static int portOf(URI uri) {
      return uri.getPort() >= 0 ? uri.getPort() : isSecure(uri) ? 443 : 80;
    }

    /** An IPv6 address stands in brackets in a URI, and without them in an address. */
    private static String withoutBrackets(String host) {
      return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** Resolves anew for each request, as often as the JDK's own cache of names lets it. */
    private static Mono<InetSocketAddress> addressOf(ProxyOptions proxy) {
      Mono<InetSocketAddress> address =
          Mono.fromCallable(
              () -> new InetSocketAddress(InetAddress.getByName(proxy.host()), proxy.port()));
      boolean isLiteral = NetUtil.createByteArrayFromIpAddressString(proxy.host()) != null;
      return isLiteral ? address : address.subscribeOn(Schedulers.boundedElastic());
    }

    private static ProxyProvider.Builder provider(
        ProxyProvider.TypeSpec spec, InetSocketAddress address, ProxyOptions proxy) {
      ProxyProvider.Builder builder =
          spec.type(ProxyProvider.Proxy.HTTP)
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
