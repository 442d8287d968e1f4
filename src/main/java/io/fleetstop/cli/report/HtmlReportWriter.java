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
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes the HTML report of a run. The report is written to a temporary file in the same directory,
 * with access for its owner only, and moved to its place when it is complete. A report of an
 * earlier run stays in place until then. Not thread-safe; blocks.
 */
public final class HtmlReportWriter implements AutoCloseable {

  /** Remembers a file that was created. */
  @FunctionalInterface
  public interface Identification {

    /** Returns the check that {@code file} is what {@code channel} has created. */
    IdentityCheck of(FileChannel channel, Path file) throws IOException;
  }

  /** Requires that a name still refers to the file that was created. */
  @FunctionalInterface
  public interface IdentityCheck {

    /** Fails with the reason if the file or its directory is another one. */
    void require() throws IOException;
  }

  private final Path file;
  private final Path part;
  private final FileChannel channel;
  private final Writer writer;
  private String separator = "\n";
  // The process may exit while the confirmation is pending, without a call of close().
  private final Thread atExit = new Thread(this::deletePart, "fleetstop-report");
  private IdentityCheck identity = () -> {};
  private @Nullable IOException failure;
  private volatile boolean complete;

  private HtmlReportWriter(Path file, Path part, FileChannel channel) {
    this.file = file;
    this.part = part;
    this.channel = channel;
    this.writer = new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8), 1 << 16);
  }

  /**
   * Starts a report, which shows early whether it can be written.
   *
   * @param ownerOnly the attributes of a file that only its owner may access
   * @param identification remembers the temporary file, which is checked before it is moved
   * @throws IOException if the report cannot be created, or if the file is a symbolic link or
   *     exists and is not a report; the message names the reason
   */
  public static HtmlReportWriter open(
      Path file, FileAttribute<?>[] ownerOnly, Identification identification) throws IOException {
    Path place = file.toAbsolutePath();
    Path directory = place.getParent();
    if (directory == null || Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("it is a directory: name a file");
    }
    HtmlReportWriter opened = created(place, directory, ownerOnly);
    Runtime.getRuntime().addShutdownHook(opened.atExit);
    try {
      rejectForeign(place, opened.part);
      UnfinishedReports.delete(directory, opened.part);
      UnfinishedReports.lock(opened.channel);
      opened.identity = identification.of(opened.channel, opened.part);
      opened.writer.write(ReportPage.START);
      opened.writer.flush();
      return opened;
    } catch (IOException e) {
      opened.close();
      throw e;
    }
  }

  // A mistyped option must not destroy another file, and a link must not redirect the report.
  private static void rejectForeign(Path place, Path own) throws IOException {
    if (Files.isSymbolicLink(place)) {
      throw new IOException("it is a symbolic link: name the file itself");
    }
    if (!Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.isRegularFile(place, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("it is not a regular file: name another file");
    }
    if (!UnfinishedReports.haveSameOwner(place, own)) {
      throw new IOException("it exists and belongs to another user: name another file");
    }
    if (!Files.isWritable(place) || !Files.isReadable(place)) {
      throw new IOException("it exists and is not readable and writable: name another file");
    }
    byte[] mark = ReportPage.MARK.getBytes(StandardCharsets.UTF_8);
    try (InputStream in = Files.newInputStream(place, LinkOption.NOFOLLOW_LINKS)) {
      if (!Arrays.equals(in.readNBytes(mark.length), mark)) {
        throw new IOException("it exists and is not a report of fleetstop: name another file");
      }
    }
  }

  // Opened by the call that creates it: a name that is opened again may be another's link by then.
  private static HtmlReportWriter created(Path place, Path directory, FileAttribute<?>[] ownerOnly)
      throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new IOException("there is no directory " + directory + ": create it, or name another");
    }
    Path part = directory.resolve(UnfinishedReports.PREFIX + UUID.randomUUID() + ".part");
    try {
      return new HtmlReportWriter(
          place,
          part,
          FileChannel.open(
              part, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly));
    } catch (FileSystemException e) {
      String reason = e.getReason();
      throw new IOException(
          "nothing can be created in "
              + directory
              + (reason == null || e instanceof NoSuchFileException ? "" : ": " + reason)
              + "; name a file in a directory that you may write to",
          e);
    }
  }

  /**
   * Adds an outcome in the form of {@code --output jsonl}. A failure does not affect the run:
   * {@link #finish} reports it.
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
   * Completes the report and moves it to its place.
   *
   * @throws IOException if it could not be written, or not moved: then the message names the
   *     temporary file, which is kept
   */
  public void finish(ReportSummary run, CallTimeline calls) throws IOException {
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
    identity.require();
    complete = true;
    try {
      // Another process may have created a file there since the report was started.
      rejectForeign(file, part);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new IOException("it is complete, but was left in " + part + ": " + e.getMessage(), e);
    }
  }

  /** Deletes the temporary file unless the report is complete. */
  @Override
  public void close() throws IOException {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The JVM is shutting down, and the shutdown hook deletes the file.
      return;
    }
    if (!complete) {
      try (channel) {
        Files.deleteIfExists(part);
      }
    }
  }

  private void deletePart() {
    if (!complete) {
      try {
        Files.deleteIfExists(part);
      } catch (IOException e) {
        // The JVM is shutting down; the error cannot be reported.
        return;
      }
    }
  }

  /**
   * The parts of the page, in the order in which they are written: {@link #START}, the outcomes
   * with commas between them, {@link #BETWEEN}, the run, {@link #END}.
   */
  static final class ReportPage {

    /** The first characters of every report, which distinguish it from other files. */
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

    /** Returns JSON that cannot end the script element around it. */
    static String json(JsonNode node) {
      // In JSON these occur in strings only, where an escape has the same meaning.
      return MAPPER
          .writeValueAsString(node)
          .replace("<", "\\u003c")
          .replace(">", "\\u003e")
          .replace("&", "\\u0026");
    }

    /** Returns the run and its timeline as such JSON. */
    static String json(ReportSummary run, Timeline timeline) {
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
        // A browser normalises line ends before it computes the hash.
        return new String(resource.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
