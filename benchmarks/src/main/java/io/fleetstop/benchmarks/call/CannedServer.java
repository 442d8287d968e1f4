package io.fleetstop.benchmarks.call;

import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A server in a process of its own that gives every request the same answer: JSON on one port, XML
 * on another. It is nginx where that is installed, else Reactor Netty.
 */
final class CannedServer implements AutoCloseable {

  /** What serves. */
  enum Kind {
    NGINX,
    NETTY
  }

  private static final List<String> SYSTEM_FOLDERS = List.of("/usr/sbin", "/usr/local/sbin");
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final Kind kind;
  private final int jsonPort = freePort();
  private final int xmlPort = freePort();
  private final Path folder;
  private final Process process;

  private CannedServer(Kind kind) throws IOException {
    this.kind = kind;
    this.folder = Files.createTempDirectory("fleetstop-benchmarks");
    List<String> command = kind == Kind.NGINX ? nginx() : netty();
    this.process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    awaitPort(jsonPort);
    awaitPort(xmlPort);
  }

  static CannedServer start() throws IOException {
    return start(nginxCommand() == null ? Kind.NETTY : Kind.NGINX);
  }

  static CannedServer start(Kind kind) throws IOException {
    return new CannedServer(kind);
  }

  /** As the table says it. */
  String name() {
    return kind == Kind.NGINX ? "nginx" : "Reactor Netty server";
  }

  /** Where ECS's answer is given. */
  URI json() {
    return URI.create("http://127.0.0.1:" + jsonPort);
  }

  /** Where EC2's answer is given. */
  URI xml() {
    return URI.create("http://127.0.0.1:" + xmlPort);
  }

  private List<String> nginx() throws IOException {
    String executable = nginxCommand();
    if (executable == null) {
      throw new IOException("nginx is not installed");
    }
    Path configuration = folder.resolve("nginx.conf");
    Files.writeString(
        configuration,
        String.join(
            "\n",
            "daemon off;",
            "worker_processes 1;",
            "pid nginx.pid;",
            "error_log stderr error;",
            "events { worker_connections 4096; }",
            "http {",
            "  access_log off;",
            "  keepalive_requests 1000000000;",
            "  keepalive_timeout 300s;",
            "  client_body_temp_path body;",
            "  proxy_temp_path proxy;",
            "  fastcgi_temp_path fastcgi;",
            "  uwsgi_temp_path uwsgi;",
            "  scgi_temp_path scgi;",
            server(jsonPort, "application/json", Replies.JSON),
            server(xmlPort, "text/xml;charset=UTF-8", Replies.XML),
            "}",
            ""));
    return List.of(
        executable, "-p", folder.toString(), "-c", configuration.toString(), "-e", "stderr");
  }

  private static String server(int port, String type, String body) {
    return "  server { listen 127.0.0.1:"
        + port
        + " backlog=1024; location / { default_type \""
        + type
        + "\"; return 200 '"
        + body
        + "'; } }";
  }

  private List<String> netty() {
    return Java.command(
        List.of("-Xmx256m"),
        CannedNettyServer.class,
        Integer.toString(jsonPort),
        Integer.toString(xmlPort));
  }

  private static String nginxCommand() {
    List<String> folders = new ArrayList<>(SYSTEM_FOLDERS);
    folders.addAll(List.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)));
    return folders.stream()
        .map(folder -> Path.of(folder, "nginx"))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst()
        .orElse(null);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private void awaitPort(int port) throws IOException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress("127.0.0.1", port), 1_000);
        return;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() > end) {
          close();
          throw new IOException("the server " + kind + " does not listen", e);
        }
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while the server started", e);
      }
    }
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    process.onExit().join();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
