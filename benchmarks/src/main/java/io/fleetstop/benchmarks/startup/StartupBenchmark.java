package io.fleetstop.benchmarks.startup;

import io.fleetstop.benchmarks.Arguments;
import io.fleetstop.benchmarks.Row;
import io.fleetstop.benchmarks.Row.Claim;
import io.fleetstop.benchmarks.Row.Measure;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * From the start of the process to the first byte of the first request, alternating: {@code
 * fleetstop stop} and a bare program, each without and with an archive of its classes. This program
 * is the server, so that it has both ends of the time.
 */
public final class StartupBenchmark {

  private enum Program {
    BARE("bare", false),
    OURS("ours", false),
    BARE_ARCHIVED("bare, archived classes", true),
    OURS_ARCHIVED("ours, archived classes", true);

    private final String label;
    private final boolean archived;

    Program(String label, boolean archived) {
      this.label = label;
      this.archived = archived;
    }

    boolean isOwn() {
      return this == OURS || this == OURS_ARCHIVED;
    }
  }

  private static final String BODY =
      "{\"ResponseMetadata\":{\"RequestId\":\"20261123120000000A1B2C3D400000001\","
          + "\"Action\":\"StopInstance\",\"Version\":\"2020-04-01\","
          + "\"Service\":\"ecs\",\"Region\":\"cn-beijing\"},\"Result\":{}}";
  private static final String REPLY =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
          + BODY.length()
          + "\r\n\r\n"
          + BODY;
  private static final int PATIENCE_SECONDS = 60;
  private static final double TARGET = 1.5;

  private final int starts;
  private final Path cli;
  private final Path bare;
  private final Path output;
  private final Map<Program, Path> archives = new EnumMap<>(Program.class);

  /** Reads the options {@code --starts}, {@code --cli} and {@code --bare}. */
  public StartupBenchmark(Arguments arguments) throws IOException {
    this.starts = arguments.number("starts", 20);
    this.cli = existing(arguments.text("cli", "target/startup/fleetstop-cli.jar"));
    this.bare = existing(arguments.text("bare", "target/bare.jar"));
    this.output = Files.createTempFile("fleetstop-startup", ".txt");
  }

  private static Path existing(String name) {
    Path path = Path.of(name).toAbsolutePath();
    if (!Files.exists(path)) {
      throw new IllegalArgumentException(path + " does not exist: build the benchmarks first");
    }
    return path;
  }

  /** Prints the rows of this benchmark alone. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Arguments arguments = Arguments.parse(args);
    StartupBenchmark benchmark = new StartupBenchmark(arguments);
    arguments.requireAllUsed();
    Row.print(benchmark.run());
  }

  /** Starts each program the given number of times. */
  public List<Row> run() throws IOException, InterruptedException {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      server.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
      archive(server, Program.BARE_ARCHIVED);
      archive(server, Program.OURS_ARCHIVED);
      Map<Program, long[]> nanos = new EnumMap<>(Program.class);
      for (Program program : Program.values()) {
        nanos.put(program, new long[starts]);
        start(server, program, List.of());
      }
      for (int i = 0; i < starts; i++) {
        for (Program program : Program.values()) {
          nanos.get(program)[i] = start(server, program, archived(program));
        }
      }
      return rows(nanos);
    } finally {
      for (Path archive : archives.values()) {
        Files.deleteIfExists(archive);
      }
      Files.delete(output);
    }
  }

  private List<String> archived(Program program) {
    return program.archived
        ? List.of("-XX:SharedArchiveFile=" + archives.get(program), "-Xshare:auto")
        : List.of();
  }

  private void archive(ServerSocket server, Program program)
      throws IOException, InterruptedException {
    Path archive = Files.createTempFile("fleetstop-startup", ".jsa");
    Files.delete(archive);
    archives.put(program, archive);
    start(server, program, List.of("-XX:ArchiveClassesAtExit=" + archive));
    if (!Files.exists(archive)) {
      throw new IOException("no archive was written: " + Files.readString(output));
    }
  }

  private long start(ServerSocket server, Program program, List<String> options)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command(server, program, options));
    builder.environment().put("VOLCENGINE_ACCESS_KEY", "AKLTbenchmarksample");
    builder.environment().put("VOLCENGINE_SECRET_KEY", "YmVuY2htYXJrLW9ubHktbm90LWEtc2VjcmV0");
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    long start = System.nanoTime();
    Process process = builder.start();
    long end;
    try (Socket socket = server.accept()) {
      int first = socket.getInputStream().read();
      end = System.nanoTime();
      if (first < 0) {
        throw new IOException(program.label + " sent nothing");
      }
      OutputStream out = socket.getOutputStream();
      out.write(REPLY.getBytes(StandardCharsets.UTF_8));
      out.flush();
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException(program.label + " failed: " + Files.readString(output));
      }
    } catch (IOException e) {
      throw new IOException(Files.readString(output), e);
    } finally {
      process.destroyForcibly();
    }
    return end - start;
  }

  private List<String> command(ServerSocket server, Program program, List<String> options) {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
    command.addAll(options);
    String endpoint = "http://127.0.0.1:" + server.getLocalPort();
    if (program.isOwn()) {
      command.addAll(List.of("-jar", cli.toString(), "stop", "--endpoint", endpoint));
      command.addAll(List.of("--region", "cn-beijing", "--no-wait", "--no-protect-tag"));
      command.add("i-3tiefmkskq3vj0example");
    } else {
      command.addAll(List.of("-cp", bare.toString(), BareProgram.class.getName()));
      command.addAll(List.of("--endpoint", endpoint));
    }
    return command;
  }

  private List<Row> rows(Map<Program, long[]> nanos) {
    Map<Program, Row> rows = new EnumMap<>(Program.class);
    nanos.forEach(
        (program, all) -> {
          Arrays.sort(all);
          Map<Measure, Double> figures = new EnumMap<>(Measure.class);
          figures.put(Measure.TIME, (double) all[all.length / 2]);
          rows.put(program, Row.of("start to first request", program.label, figures));
        });
    Row floor = rows.get(Program.BARE);
    rows.replaceAll((program, row) -> row.against(floor));
    double archived =
        rows.get(Program.OURS_ARCHIVED).figures().get(Measure.TIME)
            / rows.get(Program.BARE_ARCHIVED).figures().get(Measure.TIME);
    rows.computeIfPresent(Program.OURS, (program, row) -> row.atMost(Measure.TIME, TARGET));
    rows.computeIfPresent(
        Program.OURS_ARCHIVED,
        (program, row) ->
            row.atMost(Measure.TIME, TARGET)
                .with(new Claim("time of bare, archived", archived, TARGET, true)));
    return List.copyOf(rows.values());
  }
}
