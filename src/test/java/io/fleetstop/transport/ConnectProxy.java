package io.fleetstop.transport;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A proxy on plain sockets that supports {@code CONNECT} and records its requests. */
public final class ConnectProxy implements Closeable {

  private final ServerSocket listener;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "connect-proxy");
            thread.setDaemon(true);
            return thread;
          });
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final @Nullable String answer;
  private final UnaryOperator<String> resolver;

  /** A proxy that opens every tunnel. */
  public ConnectProxy() throws IOException {
    this("");
  }

  /** A proxy that answers every request with this reply, or never if {@code null}. */
  ConnectProxy(@Nullable String answer) throws IOException {
    this(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), answer);
  }

  ConnectProxy(ServerSocket listener, @Nullable String answer) {
    this(listener, answer, UnaryOperator.identity());
  }

  /** A proxy that opens every tunnel to the same host, whatever its name. */
  static ConnectProxy to(String host) throws IOException {
    return new ConnectProxy(
        new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), "", name -> host);
  }

  private ConnectProxy(
      ServerSocket listener, @Nullable String answer, UnaryOperator<String> resolver) {
    this.listener = listener;
    this.answer = answer;
    this.resolver = resolver;
    threads.execute(this::accept);
  }

  public int port() {
    return listener.getLocalPort();
  }

  ProxyOptions.Builder options() {
    return ProxyOptions.builder("127.0.0.1", port());
  }

  /** Returns the received requests with their headers. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        sockets.add(client);
        threads.execute(() -> serve(client));
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  private void serve(Socket client) {
    try (client) {
      InputStream in = client.getInputStream();
      StringBuilder request = new StringBuilder();
      while (request.indexOf("\r\n\r\n") < 0) {
        int c = in.read();
        if (c < 0) {
          return;
        }
        request.append((char) c);
      }
      requests.add(request.toString());
      if (answer == null) {
        in.read();
      } else if (!answer.isEmpty()) {
        write(client, answer);
      } else {
        connect(client, request.substring(request.indexOf(" ") + 1, request.indexOf(" HTTP/")));
      }
    } catch (IOException gone) {
      // One side left.
    }
  }

  private void connect(Socket client, String target) throws IOException {
    int colon = target.lastIndexOf(':');
    try (Socket host =
        new Socket(
            resolver.apply(target.substring(0, colon)),
            Integer.parseInt(target.substring(colon + 1)))) {
      sockets.add(host);
      write(client, "HTTP/1.1 200 Connection established\r\n\r\n");
      threads.execute(() -> copy(host, client));
      copy(client, host);
    } catch (IOException unreachable) {
      write(client, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    }
  }

  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException gone) {
      // Both ends are closed.
    }
  }

  private static void write(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
    threads.shutdownNow();
  }
}
