package io.fleetstop.transport;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** An HTTP/2 server over TLS that writes the frames that a test gives it. */
final class Http2Server implements AutoCloseable {

  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int SETTINGS = 4;
  static final int GOAWAY = 7;
  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;

  /** The indexed header {@code :status 200}. */
  static final byte[] STATUS_200 = {(byte) 0x88};

  /** What the server does when it has read the headers of a request. */
  interface Answer {
    void write(int stream, byte[] headers, OutputStream out) throws IOException;
  }

  private interface Action {
    void run() throws IOException;
  }

  private final TestAuthority authority = new TestAuthority();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final ServerSocket listener;

  Http2Server() throws Exception {
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

  /** Returns the options of a client that trusts this server. */
  TransportOptions.Builder client() {
    return TransportOptions.builder()
        .protocol(TransportOptions.Protocol.HTTP_2)
        .tls(authority.trusted());
  }

  HttpExchange.Request request() {
    return new HttpExchange.Request(
        "GET",
        URI.create("https://127.0.0.1:" + listener.getLocalPort() + "/"),
        Map.of(),
        new byte[0]);
  }

  /** Returns the number of connections so far. */
  int connections() {
    return sockets.size();
  }

  static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) 0)
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  void serve(Answer answer) {
    start(
        () -> {
          while (!listener.isClosed()) {
            SSLSocket socket = (SSLSocket) listener.accept();
            sockets.add(socket);
            start(() -> answer(socket, answer));
          }
        });
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

  private static void answer(SSLSocket socket, Answer answer) throws IOException {
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
        answer.write(ByteBuffer.wrap(head).getInt(5), payload, out);
      }
      out.flush();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
