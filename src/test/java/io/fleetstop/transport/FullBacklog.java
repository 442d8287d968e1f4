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
 * A listening socket that nobody accepts on, with its backlog filled: further connections to it get
 * no answer, as from a host that drops packets, without leaving the machine.
 */
final class FullBacklog implements Closeable {

  private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  private final List<Socket> fillers = new ArrayList<>();
  private boolean isFull;

  FullBacklog() throws IOException {
    for (int i = 0; i < 64 && !isFull; i++) {
      Socket filler = new Socket();
      fillers.add(filler);
      try {
        filler.connect(
            new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort()), 300);
      } catch (SocketTimeoutException unanswered) {
        isFull = true;
      }
    }
  }

  boolean isFull() {
    return isFull;
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/");
  }

  /** Takes every connection from the backlog, so that the next ones are made. */
  void drain() throws IOException {
    listener.setSoTimeout(1);
    try {
      while (true) {
        fillers.add(listener.accept());
      }
    } catch (SocketTimeoutException empty) {
      isFull = false;
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
