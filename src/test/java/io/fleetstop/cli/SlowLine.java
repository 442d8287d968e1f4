package io.fleetstop.cli;

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
import java.util.concurrent.locks.LockSupport;

/** A line to a server whose replies share a few bytes per second and are not compressed. */
final class SlowLine implements Closeable {

  private static final int PACKET = 512;

  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final int server;
  private final long nanosPerByte;
  private long freeAt = System.nanoTime();

  SlowLine(int server, int bytesPerSecond) throws IOException {
    this.server = server;
    this.nanosPerByte = 1_000_000_000L / bytesPerSecond;
    start(this::accept);
  }

  String endpoint() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "slow-line");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        Socket target = new Socket(InetAddress.getLoopbackAddress(), server);
        sockets.addAll(List.of(client, target));
        start(() -> copy(client, target, false));
        start(() -> copy(target, client, true));
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  private void copy(Socket from, Socket to, boolean slow) {
    byte[] bytes = new byte[slow ? PACKET : 1 << 14];
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int count = in.read(bytes); count > 0; count = in.read(bytes)) {
        if (slow) {
          LockSupport.parkNanos(waitFor(count));
          out.write(bytes, 0, count);
        } else {
          out.write(withoutCompression(bytes, count));
        }
      }
    } catch (IOException gone) {
      // One side left.
    }
  }

  private static byte[] withoutCompression(byte[] bytes, int count) {
    return new String(bytes, 0, count, StandardCharsets.ISO_8859_1)
        .replace("gzip", "none")
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private synchronized long waitFor(int count) {
    long now = System.nanoTime();
    freeAt = Math.max(now, freeAt) + count * nanosPerByte;
    return freeAt - now;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
