package io.fleetstop.spring;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.time.Duration;

/**
 * A client that reads exactly as many bytes as it is told to: it has no buffer of its own, only the
 * kernel's.
 */
final class SlowClient implements AutoCloseable {

  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Occurs once per outcome. */
  private static final String FIELD = "instanceId";

  private final Socket socket = new Socket();
  private final InputStream in;
  private int shortest = Integer.MAX_VALUE;
  private int distance;

  /**
   * Starts a run.
   *
   * @param receiveBuffer the requested size of the kernel's receive buffer in bytes
   */
  SlowClient(int port, String accept, String ids, int receiveBuffer) throws IOException {
    socket.setReceiveBufferSize(receiveBuffer);
    socket.setSoTimeout((int) PATIENCE.toMillis());
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    in = socket.getInputStream();
    String request =
        """
        POST /shutdowns HTTP/1.1
        Host: 127.0.0.1:%d
        Content-Type: application/json
        Accept: %s
        Content-Length: %d

        %s"""
            .formatted(port, accept, ids.length(), ids)
            .replace("\n", "\r\n");
    socket.getOutputStream().write(request.getBytes(US_ASCII));
  }

  /** Reads up to the n-th next outcome; returns n. */
  int read(int outcomes) throws IOException {
    int matched = 0;
    for (int left = outcomes; left > 0; distance++) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("The stream ended before " + left + " outcomes");
      }
      matched = next == FIELD.charAt(matched) ? matched + 1 : next == FIELD.charAt(0) ? 1 : 0;
      if (matched == FIELD.length()) {
        shortest = Math.min(shortest, distance);
        distance = 0;
        matched = 0;
        left--;
      }
    }
    return outcomes;
  }

  /** Returns the least number of bytes between two outcomes. */
  int shortest() {
    return shortest;
  }

  /** Returns the size of the kernel's receive buffer. */
  int receiveBuffer() throws IOException {
    return socket.getOption(StandardSocketOptions.SO_RCVBUF);
  }

  /** Disconnects. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
