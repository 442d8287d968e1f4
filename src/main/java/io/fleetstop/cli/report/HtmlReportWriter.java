package io.fleetstop.cli.report;

import io.fleetstop.cli.report.CallTimeline.Timeline;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The file of a report. It is written beside its place under a name of its own, readable for its
 * owner alone, and takes its place when it is whole; until then a report of an earlier run stays
 * there. For one thread, which it may block.
 */
public final class HtmlReportWriter implements AutoCloseable {

  private final Path file;
  private final Path part;
  private final FileChannel channel;
  private final Writer writer;
  private String separator = "\n";
  // The process may end while somebody is asked whether to go on, without a word to us.
  private final Thread atExit = new Thread(this::dropPart, "fleetstop-report");
  private @Nullable IOException failure;
  private volatile boolean isWhole;

  private HtmlReportWriter(Path file, Path part, FileChannel channel) {
    this.file = file;
    this.part = part;
    this.channel = channel;
    this.writer = new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8), 1 << 16);
  }

  /**
   * Begins a report, and so finds out whether it can be written.
   *
   * @throws IOException if it cannot, or if the file exists and is not a report; the message says
   *     which
   */
  public static HtmlReportWriter open(Path file) throws IOException {
    Path place = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
    Path directory = place.getParent();
    if (directory == null || Files.isDirectory(place)) {
      throw new IOException("it is a directory");
    }
    rejectForeign(place);
    Path part = created(directory);
    FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE);
    HtmlReportWriter opened = new HtmlReportWriter(place, part, channel);
    Runtime.getRuntime().addShutdownHook(opened.atExit);
    try {
      opened.writer.write(ReportPage.START);
      opened.writer.flush();
      return opened;
    } catch (IOException e) {
      opened.close();
      throw e;
    }
  }

  // An option that names the wrong file must not cost that file.
  private static void rejectForeign(Path place) throws IOException {
    if (!Files.exists(place)) {
      return;
    }
    if (!Files.isRegularFile(place)) {
      throw new IOException("it is not a regular file");
    }
    if (!Files.isWritable(place) || !Files.isReadable(place)) {
      throw new IOException("it exists, and must not be read and written");
    }
    byte[] mark = ReportPage.MARK.getBytes(StandardCharsets.UTF_8);
    try (InputStream in = Files.newInputStream(place)) {
      byte[] start = in.readNBytes(mark.length);
      if (start.length > 0 && !Arrays.equals(start, mark)) {
        throw new IOException("it exists and is not a report of fleetstop: name another file");
      }
    }
  }

  private static Path created(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new IOException("there is no directory " + directory);
    }
    try {
      return Files.createTempFile(directory, ".fleetstop-report-", ".part", ownerOnly(directory));
    } catch (FileSystemException e) {
      String reason = e.getReason();
      throw new IOException(
          "nothing can be created in "
              + directory
              + (reason == null || e instanceof NoSuchFileException ? "" : ": " + reason),
          e);
    }
  }

  private static FileAttribute<?>[] ownerOnly(Path directory) {
    return directory.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  /**
   * Adds an outcome, in the form of {@code --output jsonl}. A failure to do so does not disturb the
   * run: {@link #finish} tells of it.
   */
  public void add(JsonNode outcome) {
    if (failure != null) {
      return;
    }
    try {
      writer.write(separator);
      writer.write(ReportPage.json(outcome));
      separator = ",\n";
    } catch (IOException e) {
      failure = e;
    }
  }

  /**
   * Completes the report and puts it in its place.
   *
   * @throws IOException if it could not be written; the message says why, and where it is if only
   *     its place could not be taken
   */
  public void finish(Report run, CallTimeline calls) throws IOException {
    if (failure != null) {
      throw failure;
    }
    writer.write("\n");
    writer.write(ReportPage.BETWEEN);
    writer.write(ReportPage.json(run, calls.timeline().readable()));
    writer.write(ReportPage.END);
    writer.flush();
    channel.force(true);
    writer.close();
    isWhole = true;
    try {
      // Whatever came there meanwhile is not ours to replace either.
      rejectForeign(file);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new IOException("it is whole, but was left in " + part + ": " + e.getMessage(), e);
    }
  }

  /** Drops what was written, unless it is whole. */
  @Override
  public void close() throws IOException {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The process ends already, and the hook does what is done here.
      return;
    }
    if (!isWhole) {
      try (channel) {
        Files.deleteIfExists(part);
      }
    }
  }

  private void dropPart() {
    if (!isWhole) {
      try {
        Files.deleteIfExists(part);
      } catch (IOException e) {
        // Nobody is left to be told.
        return;
      }
    }
  }

  /**
   * The page, in the pieces in which it is written: {@link #START}, the outcomes with commas
   * between them, {@link #BETWEEN}, the run, {@link #END}.
   */
  static final class ReportPage {

    /** What a page begins with, which tells a report of ours from any other file. */
    static final String MARK = "<!doctype html>\n<!-- fleetstop report -->\n";

    private static final JsonMapper MAPPER =
        JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private static final String OUTCOMES = "{{outcomes}}";
    private static final String RUN = "{{run}}";
    private static final String PAGE = assembled();

    static final String START = MARK + PAGE.substring(0, PAGE.indexOf(OUTCOMES));
    static final String BETWEEN =
        PAGE.substring(PAGE.indexOf(OUTCOMES) + OUTCOMES.length(), PAGE.indexOf(RUN));
    static final String END = PAGE.substring(PAGE.indexOf(RUN) + RUN.length());

    private ReportPage() {}

    private static String assembled() {
      String style = resource("report.css");
      String script = resource("make.js") + resource("report.js");
      String policy =
          "default-src 'none'; style-src '"
              + hash(style)
              + "'; script-src '"
              + hash(script)
              + "'; base-uri 'none'; form-action 'none';"
              + " require-trusted-types-for 'script'; trusted-types 'none'";
      return resource("report.html")
          .replace("{{policy}}", policy)
          .replace("{{style}}", style)
          .replace("{{script}}", script);
    }

    /** JSON that can stand inside of a script element: nothing in it can end the element. */
    static String json(JsonNode node) {
      // In JSON these stand in strings only, where their escapes mean the same.
      return MAPPER
          .writeValueAsString(node)
          .replace("<", "\\u003c")
          .replace(">", "\\u003e")
          .replace("&", "\\u0026");
    }

    /** The run and its timeline as JSON of the same kind. */
    static String json(Report run, Timeline timeline) {
      ObjectNode all = MAPPER.valueToTree(run);
      all.set("timeline", MAPPER.valueToTree(timeline));
      return json(all);
    }

    private static String hash(String text) {
      try {
        byte[] digest =
            MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        return "sha256-" + Base64.getEncoder().encodeToString(digest);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has SHA-256", e);
      }
    }

    private static String resource(String name) {
      try (InputStream resource =
          Objects.requireNonNull(ReportPage.class.getResourceAsStream(name), name)) {
        // A browser hashes what it has parsed, and knows one kind of line end.
        return new String(resource.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
