package io.fleetstop.contract;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.transport.HttpExchange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPInputStream;
import reactor.core.publisher.Mono;

/** A second implementation, on the JDK's client, to prove that the interface is sufficient. */
public final class JdkHttpExchange implements HttpExchange {

  static {
    // By default the JDK's client retries a GET when its connection breaks.
    System.setProperty("jdk.httpclient.redirects.retrylimit", "1");
  }

  private final HttpClient client =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();
  private final Duration timeout;
  private final int maxBodyBytes;

  public JdkHttpExchange(Duration timeout, int maxBodyBytes) {
    this.timeout = timeout;
    this.maxBodyBytes = maxBodyBytes;
  }

  @Override
  public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
    return Mono.defer(
        () -> {
          if (!maySend.getAsBoolean()) {
            return Mono.error(
                EcsException.builder(ClientErrors.CONNECT_FAILED, Delivery.NOT_SENT).build());
          }
          return Mono.fromFuture(
                  () -> client.sendAsync(toJdk(request), info -> new Bounded(maxBodyBytes)))
              .map(JdkHttpExchange::toResponse)
              .onErrorMap(failure -> !(failure instanceof EcsException), JdkHttpExchange::toError);
        });
  }

  private HttpRequest toJdk(Request request) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(request.uri())
            .timeout(timeout)
            .version(HttpClient.Version.HTTP_1_1)
            .method(
                request.method(),
                request.body().length == 0
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofByteArray(request.body()));
    request.headers().forEach(builder::header);
    return builder.build();
  }

  private static Response toResponse(HttpResponse<byte[]> reply) {
    byte[] body = reply.body();
    if (reply.headers().firstValue("content-encoding").filter("gzip"::equals).isPresent()) {
      try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(body))) {
        body = gzip.readAllBytes();
      } catch (IOException e) {
        throw EcsException.builder(ClientErrors.UNREADABLE_REPLY, Delivery.UNKNOWN).build();
      }
    }
    return new Response(reply.statusCode(), reply.headers().map(), body);
  }

  private static EcsException toError(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof TooLarge) {
        return error(ClientErrors.REPLY_TOO_LARGE, Delivery.UNKNOWN, failure);
      }
      if (cause instanceof ConnectException) {
        return error(ClientErrors.CONNECT_FAILED, Delivery.NOT_SENT, failure);
      }
    }
    return failure instanceof HttpTimeoutException
        ? error(ClientErrors.RESPONSE_TIMEOUT, Delivery.UNKNOWN, failure)
        : error(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN, failure);
  }

  private static EcsException error(ErrorCode code, Delivery delivery, Throwable cause) {
    return EcsException.builder(code, delivery).cause(cause).build();
  }

  private static final class TooLarge extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /** Collects a body, and fails if it is too large. */
  private static final class Bounded implements BodySubscriber<byte[]> {

    private final BodySubscriber<byte[]> body = HttpResponse.BodySubscribers.ofByteArray();
    private final int maxBytes;
    private long size;
    private Flow.Subscription subscription;

    Bounded(int maxBytes) {
      this.maxBytes = maxBytes;
    }

    @Override
    public CompletionStage<byte[]> getBody() {
      return body.getBody();
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription = subscription;
      body.onSubscribe(subscription);
    }

    @Override
    public void onNext(List<ByteBuffer> items) {
      size += items.stream().mapToLong(ByteBuffer::remaining).sum();
      if (size > maxBytes) {
        subscription.cancel();
        body.onError(new TooLarge());
      } else {
        body.onNext(items);
      }
    }

    @Override
    public void onError(Throwable failure) {
      body.onError(failure);
    }

    @Override
    public void onComplete() {
      body.onComplete();
    }
  }
}
