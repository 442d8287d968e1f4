package io.fleetstop.transport;

import static io.fleetstop.transport.Sending.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.contract.RawServer;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The connection to a service that never stops sending is closed long before memory is full. */
class EndlessRepliesTest {

  private static final long FAR_TOO_MUCH = 256L << 20;
  private static final String OK = "HTTP/1.1 200 OK\r\n";
  private static final String CHUNKED = OK + "Transfer-Encoding: chunked\r\n";

  private final NettyTransport transport = NettyTransport.create();
  private final AtomicLong written = new AtomicLong();

  @AfterEach
  void close() {
    transport.disposeLater().block(HttpExchangeContract.PATIENCE);
  }

  /** Sends {@code start}, then {@code rest} repeatedly until the client disconnects. */
  private EcsException failureOf(byte[] start, byte[] rest) throws IOException {
    try (RawServer server =
        RawServer.start(
            exchange -> {
              exchange.write(start);
              while (written.addAndGet(rest.length) < FAR_TOO_MUCH) {
                exchange.write(rest);
              }
            })) {
      EcsException error = failure(transport, server.uri("/"));
      assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
      // Bytes above the limit of a megabyte are in the buffers of the two sockets.
      assertThat(written.get()).isLessThan(FAR_TOO_MUCH / 2);
      return error;
    }
  }

  private EcsException failureOf(String start, String rest) throws IOException {
    return failureOf(
        start.getBytes(StandardCharsets.US_ASCII),
        rest.repeat(1_000).getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void endlessBody_isRejected() throws IOException {
    assertThat(failureOf(OK + "\r\n", "more ").errorCode()).isEqualTo(ClientErrors.REPLY_TOO_LARGE);
  }

  @Test
  void endlessChunks_areRejected() throws IOException {
    assertThat(failureOf(CHUNKED + "\r\n", "40\r\n" + "more".repeat(16) + "\r\n").errorCode())
        .isEqualTo(ClientErrors.REPLY_TOO_LARGE);
  }

  @Test
  void endlessChunkSize_hasUnreadableRecord() throws IOException {
    assertThat(failureOf(CHUNKED + "\r\n", "0000").errorCode())
        .isEqualTo(ClientErrors.UNREADABLE_REPLY);
  }

  @Test
  void endlessTrailers_areUnreadable() throws IOException {
    assertThat(failureOf(CHUNKED + "\r\n0\r\n", "X-More: and more\r\n").errorCode())
        .isEqualTo(ClientErrors.UNREADABLE_REPLY);
  }

  @Tag("guarantee:bounded-reply")
  @ParameterizedTest
  @CsvSource({"gzip", "deflate"})
  void decompressionBomb_isRejected(String encoding) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (DeflaterOutputStream out =
        encoding.equals("gzip") ? new GZIPOutputStream(packed) : new DeflaterOutputStream(packed)) {
      out.write(new byte[1 << 26]);
    }
    byte[] start =
        (OK + "Content-Encoding: " + encoding + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    assertThat(failureOf(start, packed.toByteArray()).errorCode())
        .isEqualTo(ClientErrors.REPLY_TOO_LARGE);
  }
}
