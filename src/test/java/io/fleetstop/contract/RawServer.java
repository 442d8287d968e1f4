package io.fleetstop.contract;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A server on a plain socket that answers each request with scripted bytes. It shares no code with
 * the client, and can misbehave in ways that an HTTP server cannot.
 */
public final class RawServer implements Closeable {

  /** What happens once a request has been read. */
  @FunctionalInterface
  public interface Script {
    void answer(Exchange exchange) throws IOException, InterruptedException;
  }

  private final ServerSocket listener;
  private final Script script;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "raw-server");
            thread.setDaemon(true);
            return thread;
          });
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final CountDownLatch clientLeft = new CountDownLatch(1);

  private RawServer(Script script) throws IOException {
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.script = script;
    threads.execute(this::accept);
  }

  public static RawServer start(Script script) {
    try {
      return new RawServer(script);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A server that answers each request with these bytes, and keeps the connection. */
  public static RawServer replying(String reply) {
    return start(exchange -> exchange.write(reply));
  }

  public URI uri(String pathAndQuery) {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort() + pathAndQuery);
  }

  /** Returns the next complete request, or fails after ten seconds. */
  public String nextRequest() throws InterruptedException {
    String request = requests.poll(10, TimeUnit.SECONDS);
    if (request == null) {
      throw new AssertionError("no request came");
    }
    return request;
  }

  public List<String> requests() {
    return List.copyOf(seen);
  }

  public int connections() {
    return sockets.size();
  }

  /** Waits until a client closes its side of a connection. */
  public boolean clientLeft() throws InterruptedException {
    return clientLeft.await(10, TimeUnit.SECONDS);
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        sockets.add(socket);
        threads.execute(() -> serve(socket));
      }
    } catch (IOException closed) {
      // The listener was closed: the test is over.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      while (!socket.isClosed()) {
        String request = read(in);
        if (request.isEmpty()) {
          clientLeft.countDown();
          return;
        }
        seen.add(request);
        requests.add(request);
        script.answer(new Exchange(socket, in));
      }
    } catch (IOException gone) {
      clientLeft.countDown();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String read(InputStream in) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf("\r\n\r\n") < 0) {
      int c = in.read();
      if (c < 0) {
        return "";
      }
      text.append((char) c);
    }
    int at = text.toString().toLowerCase(Locale.ROOT).indexOf("content-length: ");
    if (at >= 0) {
      int length = Integer.parseInt(text.substring(at + 16, text.indexOf("\r\n", at)).trim());
      text.append(new String(in.readNBytes(length), StandardCharsets.UTF_8));
    }
    return text.toString();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
    threads.shutdownNow();
  }

  /** One request being answered. */
  public static final class Exchange {

    private final Socket socket;
    private final InputStream in;

    private Exchange(Socket socket, InputStream in) {
      this.socket = socket;
      this.in = in;
    }

    public void write(String text) throws IOException {
      write(text.getBytes(StandardCharsets.UTF_8));
    }

    public void write(byte[] bytes) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
    }

    public void writeOneByOne(String text) throws IOException {
      socket.setTcpNoDelay(true);
      for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
        write(new byte[] {b});
      }
    }

    /** Closes the connection in order. */
    public void close() throws IOException {
      socket.close();
    }

    /** Closes and waits until the client has received the end of the stream. */
    public void closeAndAwait() throws IOException {
      socket.shutdownOutput();
      in.transferTo(OutputStream.nullOutputStream());
      socket.close();
    }

    /** Resets the connection. */
    public void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    /** Sends nothing until the client closes its side. */
    public void hang() throws IOException {
      if (in.read() < 0) {
        throw new IOException("the client left");
      }
    }
  }

  /** A whole reply with a length. */
  public static String reply(int status, String contentType, String body) {
    return "HTTP/1.1 "
        + status
        + " Some Reason\r\nContent-Type: "
        + contentType
        + "\r\nContent-Length: "
        + body.getBytes(StandardCharsets.UTF_8).length
        + "\r\n\r\n"
        + body;
  }
}
