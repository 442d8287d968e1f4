package io.fleetstop.sample;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;

/**
 * A client that takes out of its socket what it is told to and not a byte more: without one of its
 * own, there is no buffer but the kernel's.
 */
final class SlowClient implements AutoCloseable {

  /** Each outcome has it once. */
  private static final String FIELD = "instanceId";

  private final Socket socket = new Socket();
  private final InputStream in;
  private int shortest = Integer.MAX_VALUE;
  private int distance;

  /**
   * Asks for a run.
   *
   * @param receiveBuffer how many bytes the kernel is asked to keep for it
   */
  SlowClient(int port, String name, String accept, String ids, int receiveBuffer)
      throws IOException {
    socket.setReceiveBufferSize(receiveBuffer);
    socket.setSoTimeout((int) RunningSample.PATIENCE.toMillis());
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    in = socket.getInputStream();
    String request =
        """
        POST /shutdowns/%s HTTP/1.1
        Host: 127.0.0.1:%d
        Content-Type: application/json
        Accept: %s
        Content-Length: %d

        %s"""
            .formatted(name, port, accept, ids.length(), ids)
            .replace("\n", "\r\n");
    socket.getOutputStream().write(request.getBytes(US_ASCII));
  }

  /** Reads on to the n-th outcome from here, whatever stands between them; tells how many. */
  int read(int outcomes) throws IOException {
    int matched = 0;
    for (int left = outcomes; left > 0; distance++) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException(left + " outcomes are missing");
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

  /** The fewest bytes from one outcome to the next. */
  int shortest() {
    return shortest;
  }

  /** What the kernel keeps for this side at most. */
  int receiveBuffer() throws IOException {
    return socket.getOption(StandardSocketOptions.SO_RCVBUF);
  }

  /** Leaves. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
