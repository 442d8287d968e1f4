package io.fleetstop.sample;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Rejects requests that another site makes a browser send. An unknown {@code Host} is what DNS
 * rebinding produces: the site's name resolves to the loopback address. A browser says where a
 * request comes from, also a read, and another site may only link to the page. A browser adds the
 * header that changes need only after a preflight, which fails here for other origins. No site may
 * show the page in a frame.
 */
@Component
final class RequestGuard implements WebFilter {

  static final String HEADER = "X-Requested-By";

  private static final Set<HttpMethod> SAFE = Set.of(HttpMethod.GET, HttpMethod.HEAD);

  private final Set<String> hosts;

  RequestGuard(@Value("${sample.allowed-hosts}") Set<String> hosts) {
    this.hosts = Set.copyOf(hosts);
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    // A page of another site could otherwise show this one invisibly, and have its buttons clicked.
    HttpHeaders headers = exchange.getResponse().getHeaders();
    headers.set("X-Frame-Options", "DENY");
    headers.set("Content-Security-Policy", "frame-ancestors 'none'");
    // A browser must not take a reply for a script or a page because of its content.
    headers.set("X-Content-Type-Options", "nosniff");
    ServerHttpRequest request = exchange.getRequest();
    if (!hosts.contains(host(request))) {
      return forbidden("Host must be one of " + hosts + ", which sample.allowed-hosts sets");
    }
    if (!isOfThisSite(request)) {
      return forbidden("A page of another site must not send requests to this one");
    }
    if (!SAFE.contains(request.getMethod()) && !request.getHeaders().containsHeader(HEADER)) {
      return forbidden("A request that changes something must have the header " + HEADER);
    }
    return chain.filter(exchange);
  }

  /** A request without these headers is not sent by a browser, or not to a secure address. */
  private static boolean isOfThisSite(ServerHttpRequest request) {
    HttpHeaders headers = request.getHeaders();
    String origin = headers.getOrigin();
    String site = headers.getFirst("Sec-Fetch-Site");
    boolean link =
        request.getMethod().equals(HttpMethod.GET)
            && "navigate".equals(headers.getFirst("Sec-Fetch-Mode"))
            && "document".equals(headers.getFirst("Sec-Fetch-Dest"));
    return (origin == null
            || origin.replaceFirst("^https?://", "").equalsIgnoreCase(headers.getFirst("Host")))
        && (site == null || site.equals("same-origin") || site.equals("none") || link);
  }

  /** Without the port; empty if there is not exactly one. */
  private static String host(ServerHttpRequest request) {
    List<String> values = request.getHeaders().getOrEmpty("Host");
    return values.size() == 1
        ? values.get(0).replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT)
        : "";
  }

  private static Mono<Void> forbidden(String reason) {
    return Mono.error(() -> new ResponseStatusException(HttpStatus.FORBIDDEN, reason));
  }
}
