package io.fleetstop.transport;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A SOCKS5 proxy on plain sockets that requires a user and a password. */
final class SocksProxy implements Closeable {

  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final List<String> targets = new CopyOnWriteArrayList<>();
  private final String user;
  private final String password;

  SocksProxy(String user, String password) throws IOException {
    this.user = user;
    this.password = password;
    start(this::accept);
  }

  ProxyOptions.Builder options() {
    return ProxyOptions.builder("127.0.0.1", listener.getLocalPort())
        .type(ProxyOptions.Type.SOCKS5);
  }

  /** Returns the hosts that were asked for. */
  List<String> targets() {
    return List.copyOf(targets);
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "socks-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        sockets.add(client);
        start(() -> serve(client));
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  private void serve(Socket client) {
    try (client) {
      DataInputStream in = new DataInputStream(client.getInputStream());
      OutputStream out = client.getOutputStream();
      in.readUnsignedByte();
      in.readNBytes(in.readUnsignedByte());
      out.write(new byte[] {5, 2});
      in.readUnsignedByte();
      List<String> given = List.of(text(in), text(in));
      boolean known = given.equals(List.of(user, password));
      out.write(new byte[] {1, (byte) (known ? 0 : 1)});
      if (!known) {
        return;
      }
      in.readNBytes(3);
      int type = in.readUnsignedByte();
      String host =
          type == 3 ? text(in) : InetAddress.getByAddress(in.readNBytes(4)).getHostAddress();
      int port = in.readUnsignedShort();
      targets.add(host);
      try (Socket server = new Socket(host, port)) {
        sockets.add(server);
        out.write(new byte[] {5, 0, 0, 1, 0, 0, 0, 0, 0, 0});
        start(() -> copy(server, client));
        client.getInputStream().transferTo(server.getOutputStream());
      }
    } catch (IOException gone) {
      // One side left.
    }
  }

  private static String text(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.UTF_8);
  }

  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException gone) {
      // Both ends are closed.
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
