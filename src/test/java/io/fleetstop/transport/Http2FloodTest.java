package io.fleetstop.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.transport.HttpExchange.Request;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** HTTP/2 servers that answer a request with frames without an end. */
@Tag("guarantee:bounded-reply")
class Http2FloodTest {

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int CONTINUATION = 9;
  private static final int END_HEADERS = 4;

  /** The indexed header {@code :status 200}. */
  private static final byte[] STATUS_200 = {(byte) 0x88};

  @SuppressWarnings("ImmutableEnumChecker") // never written to
  enum Flood {
    SETTINGS_FRAMES(new byte[0], frame(SETTINGS, 0, 0, new byte[0])),
    PINGS(new byte[0], frame(PING, 0, 0, new byte[8])),
    EMPTY_DATA(
        frame(HEADERS, END_HEADERS, firstStream(), STATUS_200),
        frame(DATA, 0, firstStream(), new byte[0])),
    CONTINUATIONS(
        frame(HEADERS, 0, firstStream(), STATUS_200),
        frame(CONTINUATION, 0, firstStream(), headers(1_000))),
    EMPTY_CONTINUATIONS(
        frame(HEADERS, 0, firstStream(), STATUS_200),
        frame(CONTINUATION, 0, firstStream(), new byte[0])),
    INTERIM_REPLIES(
        new byte[0],
        frame(HEADERS, END_HEADERS, firstStream(), new byte[] {0x08, 3, '1', '0', '3'})),
    RESETS(new byte[0], frame(RST_STREAM, 0, firstStream(), new byte[] {0, 0, 0, 7})),
    GOAWAYS(new byte[0], frame(GOAWAY, 0, 0, new byte[8]));

    private final byte[] start;
    private final byte[] frame;

    Flood(byte[] start, byte[] frame) {
      this.start = start;
      this.frame = frame;
    }

    /** Netty's first stream on a connection that ALPN has opened. */
    private static int firstStream() {
      return 3;
    }
  }

  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final TestAuthority authority = new TestAuthority();
  private ServerSocket listener;

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
  }

  @AfterEach
  void close() throws IOException {
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

  /** Literal headers without indexing, {@code a: }. */
  private static byte[] headers(int count) {
    ByteBuffer headers = ByteBuffer.allocate(4 * count);
    for (int i = 0; i < count; i++) {
      headers.put(new byte[] {0, 1, 'a', 0});
    }
    return headers.array();
  }

  private void serve(Flood flood) {
    Thread server =
        new Thread(
            () -> {
              while (!listener.isClosed()) {
                try {
                  SSLSocket socket = (SSLSocket) listener.accept();
                  sockets.add(socket);
                  flood(socket, flood);
                } catch (IOException e) {
                  // The client has closed the connection, or the test has ended.
                }
              }
            },
            "http2-flood");
    server.setDaemon(true);
    server.start();
  }

  private static void flood(SSLSocket socket, Flood flood) throws IOException {
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    OutputStream out = socket.getOutputStream();
    out.write(frame(SETTINGS, 0, 0, new byte[0]));
    out.flush();
    awaitRequest(socket.getInputStream());
    out.write(flood.start);
    ByteBuffer many =
        ByteBuffer.allocate(Math.max(1, 16_384 / flood.frame.length) * flood.frame.length);
    while (many.hasRemaining()) {
      many.put(flood.frame);
    }
    while (true) {
      out.write(many.array());
    }
  }

  private static void awaitRequest(InputStream in) throws IOException {
    in.readNBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length());
    while (true) {
      byte[] head = in.readNBytes(9);
      if (head.length < 9) {
        throw new IOException("closed");
      }
      in.readNBytes((head[0] & 0xff) << 16 | (head[1] & 0xff) << 8 | (head[2] & 0xff));
      if (head[3] == HEADERS) {
        return;
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void flood_endsTheExchange(Flood flood) {
    serve(flood);
    NettyTransport transport =
        NettyTransport.create(
            TransportOptions.builder()
                .protocol(TransportOptions.Protocol.HTTP_2)
                .tls(authority.trusted())
                .responseTimeout(Duration.ofSeconds(1))
                .build());
    Request request =
        new Request(
            "GET",
            URI.create("https://127.0.0.1:" + listener.getLocalPort() + "/"),
            Map.of(),
            new byte[0]);
    try {
      // The time limit is that of an attempt: frames that arrive restart the response timeout.
      Throwable failure =
          catchThrowable(
              () ->
                  transport
                      .exchange(request, () -> true)
                      .timeout(Duration.ofSeconds(5))
                      .block(Duration.ofSeconds(40)));
      assertThat(failure).isNotNull();
    } finally {
      transport.disposeLater().block(HttpExchangeContract.PATIENCE);
    }
  }
}
