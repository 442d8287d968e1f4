package io.fleetstop.transport;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/**
 * A listening socket that never accepts and whose backlog is full: further connections get no
 * answer, as from a host that drops packets.
 */
final class FullBacklog implements Closeable {

  private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  private final List<Socket> fillers = new ArrayList<>();
  private boolean full;

  FullBacklog() throws IOException {
    for (int i = 0; i < 64 && !full; i++) {
      Socket filler = new Socket();
      fillers.add(filler);
      try {
        filler.connect(
            new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort()), 300);
      } catch (SocketTimeoutException unanswered) {
        full = true;
      }
    }
  }

  boolean isFull() {
    return full;
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/");
  }

  /** Accepts every connection of the backlog, so that new ones succeed. */
  void drain() throws IOException {
    listener.setSoTimeout(1);
    try {
      while (true) {
        fillers.add(listener.accept());
      }
    } catch (SocketTimeoutException empty) {
      full = false;
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket filler : fillers) {
      filler.close();
    }
  }
}
