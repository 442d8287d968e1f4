package io.fleetstop.transport;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** HTTP/2 servers that reply, and use what the protocol lets them ask of a client. */
class Http2ServerTest {

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int SETTINGS = 4;
  private static final int PUSH_PROMISE = 5;
  private static final int GOAWAY = 7;
  private static final int END_STREAM = 1;
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;

  /** The indexed header {@code :status 200}. */
  private static final byte[] STATUS_200 = {(byte) 0x88};

  /** What a server writes after a request. */
  private interface Answer {
    void write(int stream, OutputStream out) throws IOException;
  }

  private final CopyOnWriteArrayList<Socket> sockets = new CopyOnWriteArrayList<>();
  private final Queue<byte[]> headerBlocks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final TestAuthority authority = new TestAuthority();
  private ServerSocket listener;
  private NettyTransport transport;

  @BeforeEach
  void open() throws Exception {
    char[] password = "password".toCharArray();
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(authority.forLoopback().toKeyStore(password), password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    listener =
        context
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    transport =
        NettyTransport.create(
            TransportOptions.builder()
                .protocol(TransportOptions.Protocol.HTTP_2)
                .tls(authority.trusted())
                .maxConnections(1)
                .poolAcquireTimeout(Duration.ofSeconds(5))
                .responseTimeout(Duration.ofSeconds(5))
                .build());
  }

  @AfterEach
  void close() throws IOException {
    transport.disposeLater().block(HttpExchangeContract.PATIENCE);
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) 0)
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  private static void reply(int stream, OutputStream out) throws IOException {
    out.write(frame(HEADERS, END_HEADERS, stream, STATUS_200));
    out.write(frame(DATA, END_STREAM, stream, "{}".getBytes(StandardCharsets.US_ASCII)));
  }

  private void serve(Answer answer) {
    start(
        () -> {
          while (!listener.isClosed()) {
            SSLSocket socket = (SSLSocket) listener.accept();
            sockets.add(socket);
            connections.incrementAndGet();
            start(() -> answer(socket, answer));
          }
        });
  }

  private interface Action {
    void run() throws IOException;
  }

  private static void start(Action action) {
    Thread thread =
        new Thread(
            () -> {
              try {
                action.run();
              } catch (IOException e) {
                // The client has closed the connection, or the test has ended.
              }
            },
            "http2-server");
    thread.setDaemon(true);
    thread.start();
  }

  private void answer(SSLSocket socket, Answer answer) throws IOException {
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    OutputStream out = socket.getOutputStream();
    out.write(frame(SETTINGS, 0, 0, new byte[0]));
    out.flush();
    InputStream in = new BufferedInputStream(socket.getInputStream());
    in.readNBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length());
    for (byte[] head = in.readNBytes(9); head.length == 9; head = in.readNBytes(9)) {
      byte[] payload =
          in.readNBytes((head[0] & 0xff) << 16 | (head[1] & 0xff) << 8 | (head[2] & 0xff));
      if (head[3] == SETTINGS && (head[4] & ACK) == 0) {
        out.write(frame(SETTINGS, ACK, 0, new byte[0]));
      } else if (head[3] == HEADERS) {
        headerBlocks.add(payload);
        answer.write(ByteBuffer.wrap(head).getInt(5), out);
      }
      out.flush();
    }
  }

  private int status() {
    return response().status();
  }

  private Response response() {
    Request request =
        new Request(
            "GET",
            URI.create("https://127.0.0.1:" + listener.getLocalPort() + "/"),
            Map.of(),
            new byte[0]);
    return requireNonNull(transport.exchange(request, () -> true).block(Duration.ofSeconds(20)));
  }

  @Test
  @Tag("guarantee:no-leak")
  void largeHeaderTable_isNotUsed() {
    byte[] setting = ByteBuffer.allocate(6).putShort((short) 1).putInt(Integer.MAX_VALUE).array();
    serve(
        (stream, out) -> {
          out.write(frame(SETTINGS, 0, 0, setting));
          reply(stream, out);
        });

    for (int i = 0; i < 3; i++) {
      assertThat(status()).isEqualTo(200);
    }

    headerBlocks.remove(); // written before the server asked for it
    assertThat(headerBlocks)
        .hasSize(2)
        .allSatisfy(block -> assertThat(tableSize(block)).isEqualTo(Http2Guard.MAX_HEADER_TABLE));
  }

  /** Returns the last size of the table that a block of headers begins with (RFC 7541, 6.3). */
  private static long tableSize(byte[] block) {
    long size = -1;
    ByteBuffer rest = ByteBuffer.wrap(block);
    for (int first = rest.get(); (first & 0xe0) == 0x20; first = rest.get()) {
      size = first & 0x1f;
      int shift = 0;
      for (int next = size == 0x1f ? 0x80 : 0; (next & 0x80) != 0; shift += 7) {
        next = rest.get();
        size += (long) (next & 0x7f) << shift;
      }
    }
    return size;
  }

  @Test
  @Tag("guarantee:bounded-reply")
  void pushedReply_endsTheConnection() {
    serve(
        (stream, out) -> {
          // Of GET https /, as indexed headers.
          byte[] promise = {0, 0, 0, 2, (byte) 0x82, (byte) 0x87, (byte) 0x84};
          out.write(frame(PUSH_PROMISE, END_HEADERS, stream, promise));
          out.write(frame(HEADERS, END_HEADERS, 2, STATUS_200));
          reply(stream, out);
        });

    assertThat(catchThrowable(this::status)).hasMessageContaining("Client.ConnectionLost");
  }

  @Test
  @Tag("guarantee:no-leak")
  void connectionThatTheServerGaveUp_isReplaced() {
    serve(
        (stream, out) -> {
          reply(stream, out);
          out.write(frame(GOAWAY, 0, 0, ByteBuffer.allocate(8).putInt(stream).array()));
        });

    for (int i = 1; i <= 3; i++) {
      assertThat(status()).isEqualTo(200);
    }
    assertThat(connections).hasValue(3);
  }

  @Test
  @Tag("guarantee:delivery")
  void replyOnConnectionThatTheServerGaveUp_isRead() {
    byte[] part = new byte[16_000];
    serve(
        (stream, out) -> {
          out.write(frame(GOAWAY, 0, 0, ByteBuffer.allocate(8).putInt(stream).array()));
          out.write(frame(HEADERS, END_HEADERS, stream, STATUS_200));
          for (int i = 0; i < 4; i++) { // less than the window of a stream
            out.write(frame(DATA, i == 3 ? END_STREAM : 0, stream, part));
          }
        });

    for (int i = 1; i <= 5; i++) {
      assertThat(response().body()).hasSize(4 * part.length);
    }
    assertThat(connections).hasValue(5);
  }
}
