package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.fleet.IdSet;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A file of ids: one a line, CSV with a header, or JSON. {@code #} starts a comment; blank lines,
 * blanks and quotes around an id, a byte order mark and any kind of line end are ignored. Read as a
 * stream: no more than a line is held.
 */
public final class IdFile {

  /** The name that means stdin. */
  public static final String STDIN = "-";

  /** The last line of an incomplete list; no id has this form. */
  public static final String INCOMPLETE = "!incomplete";

  /** The outcome of an instance that a run did not stop. */
  static final String SKIPPED = Kind.SKIPPED.name();

  static final String SKIPPED_RULE =
      "the run that wrote this list SKIPPED the instance, because it is protected or excluded, or"
          + " the run ended; remove such lines, or write the list with --output ids";

  private static final int MAX_LINE = BoundedLines.MAX_LINE;
  private static final char BYTE_ORDER_MARK = '\uFEFF';
  private static final String COMMENT = "#";

  private final String name;
  private final BoundedLines lines;
  private final boolean toStop;
  private int line;

  private IdFile(String name, Reader reader, boolean toStop) {
    this.name = name;
    this.toStop = toStop;
    this.lines = new BoundedLines(reader, this::rejected);
  }

  /**
   * Emits each id of a file.
   *
   * @param option the option that names the file
   * @param file its path, or {@code -} for {@code stdin}
   */
  static void read(String option, String file, InputStream stdin, Consumer<InstanceId> ids) {
    read(option, file, stdin, text -> ids.accept(parse(text)), ids, false);
  }

  /**
   * Passes the text of each id of a file, which is not JSON.
   *
   * @param texts throws an {@link IllegalArgumentException} for what is no id
   */
  static void readTexts(String option, String file, InputStream stdin, Consumer<String> texts) {
    read(option, file, stdin, texts, null, true);
  }

  private static void read(
      String option,
      String file,
      InputStream stdin,
      Consumer<String> texts,
      @Nullable Consumer<InstanceId> ofJson,
      boolean toStop) {
    String name = file.equals(STDIN) ? "stdin" : file;
    try (InputStream in =
        new BufferedInputStream(
            file.equals(STDIN) ? new EndingOnce(stdin) : new Unsized(Path.of(file)))) {
      Reader reader = new BufferedReader(new InputStreamReader(in, charset(in)));
      if (!startsJson(reader)) {
        new IdFile(name, reader, toStop).read(texts);
      } else if (ofJson == null) {
        throw CommandFailure.usage(
            option + ": " + name + " is JSON, which has no targets; write one id per line");
      } else {
        new JsonIds(name, ofJson, toStop).read(reader);
      }
    } catch (NoSuchFileException e) {
      throw CommandFailure.usage(option + ": there is no file " + name + "; check the path");
    } catch (AccessDeniedException e) {
      throw CommandFailure.usage(
          option + ": " + name + " may not be read; ask for permission to read it");
    } catch (IOException | InvalidPathException e) {
      String reason = String.valueOf(e.getMessage());
      throw CommandFailure.usage(
          option
              + ": "
              + name
              + " cannot be read: "
              + (reason.startsWith(name + ": ") ? reason.substring(name.length() + 2) : reason));
    }
  }

  /** A file that may be a pipe, which has no size: asked for the bytes left, its stream fails. */
  private static final class Unsized extends FilterInputStream {

    Unsized(Path file) throws IOException {
      super(Files.newInputStream(file));
    }

    @Override
    public int available() {
      return 0;
    }
  }

  /**
   * Stdin, which ends at its first end: a terminal has another one for each Ctrl-D, and each of the
   * readers asks for it. Stays open for the answer to a question.
   */
  private static final class EndingOnce extends FilterInputStream {

    private boolean ended;

    EndingOnce(InputStream stdin) {
      super(stdin);
    }

    @Override
    public int read() throws IOException {
      int next = ended ? -1 : in.read();
      ended = next < 0;
      return next;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = ended ? -1 : in.read(bytes, offset, length);
      ended = count < 0;
      return count;
    }

    @Override
    public int available() throws IOException {
      return ended ? 0 : in.available();
    }

    @Override
    public void close() {
      ended = true;
    }
  }

  // Windows tools write UTF-16, with or without a mark; an id is ASCII, so every other byte is 0.
  private static Charset charset(InputStream in) throws IOException {
    in.mark(2);
    int first = in.read();
    int second = in.read();
    in.reset();
    boolean isLittleEndian = second == 0 || (first == 0xFF && second == 0xFE);
    boolean isBigEndian = first == 0 || (first == 0xFE && second == 0xFF);
    return isLittleEndian
        ? StandardCharsets.UTF_16LE
        : isBigEndian ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_8;
  }

  /** Skips a byte order mark and blanks, and returns whether JSON follows. */
  private static boolean startsJson(Reader reader) throws IOException {
    reader.mark(MAX_LINE);
    int c = reader.read();
    if (c == BYTE_ORDER_MARK) {
      reader.mark(MAX_LINE);
      c = reader.read();
    }
    for (int blanks = 1; Character.isWhitespace(c) && blanks < MAX_LINE; blanks++) {
      c = reader.read();
    }
    reader.reset();
    return c == '{' || c == '[';
  }

  private void read(Consumer<String> texts) throws IOException {
    @Nullable Integer column = null;
    int outcome = -1;
    boolean isFirst = true;
    for (String text = nextLine(); text != null; text = nextLine()) {
      if (text.isBlank() || text.strip().startsWith(COMMENT)) {
        continue;
      }
      if (isFirst) {
        isFirst = false;
        List<String> header = CsvLine.cells(text);
        column = CsvLine.idColumn(header);
        if (column != null) {
          outcome = header.indexOf("outcome");
          continue;
        }
      }
      String id = column == null ? single(text) : cell(text, column, outcome);
      if (!id.isEmpty()) {
        accept(id, texts);
      }
    }
  }

  /** Returns the id of a line without columns. */
  private String single(String text) {
    int comment = text.indexOf(COMMENT);
    String id = (comment < 0 ? text : text.substring(0, comment)).strip();
    List<String> cells = CsvLine.cells(id);
    if (cells.size() > 1) {
      throw rejected(
          "the line has "
              + cells.size()
              + " columns; write one id per line, or a first line that names the column InstanceId");
    }
    String only = cells.get(0);
    boolean isQuoted = only.length() > 1 && only.startsWith("'") && only.endsWith("'");
    return isQuoted ? only.substring(1, only.length() - 1).strip() : only;
  }

  private String cell(String text, int column, int outcome) throws IOException {
    CsvLine row = new CsvLine(text);
    int start = line;
    int length = text.length();
    while (row.isOpen()) {
      String next = nextLine();
      length += next == null ? 0 : 1 + next.length();
      if (next == null || length > MAX_LINE) {
        line = start;
        throw rejected("a quote is not closed; close it, or remove it");
      }
      row.append(next);
    }
    List<String> cells = row.cells();
    if (column >= cells.size()) {
      throw rejected("the line has no column " + (column + 1) + ", which holds the ids");
    }
    if (toStop && outcome >= 0 && outcome < cells.size() && cells.get(outcome).equals(SKIPPED)) {
      throw rejected(SKIPPED_RULE);
    }
    return cells.get(column);
  }

  private CommandFailure rejected(String rule) {
    return CommandFailure.usage(name + ", line " + line + ": " + rule);
  }

  private void accept(String id, Consumer<String> texts) {
    if (id.equals(INCOMPLETE)) {
      throw rejected("the list is incomplete; the command that wrote it reported the reason");
    }
    try {
      texts.accept(id);
    } catch (IllegalArgumentException e) {
      throw rejected(String.valueOf(e.getMessage()));
    }
  }

  private static InstanceId parse(String id) {
    try {
      return WrittenId.of(id);
    } catch (IllegalArgumentException e) {
      String ofTarget = WrittenId.targetHint(id);
      throw new IllegalArgumentException(
          e.getMessage()
              + "; "
              + (ofTarget == null
                  ? "write one id per line, as fleetstop list --output ids does"
                  : ofTarget),
          e);
    }
  }

  private @Nullable String nextLine() throws IOException {
    line++;
    return lines.next();
  }

  /** Instance ids from the command line or the service. */
  public static final class InstanceIds {

    private InstanceIds() {}

    /**
     * Returns all ids in order, without duplicates. A million take 30 megabytes.
     *
     * @throws CommandFailure if an id is malformed, or a file cannot be read
     */
    public static Set<InstanceId> read(List<String> words, List<String> files, InputStream stdin) {
      return read(words, files, stdin, false);
    }

    /** The same, for instances to stop: files of a run that hold others as well are refused. */
    static Set<InstanceId> readToStop(List<String> words, List<String> files, InputStream stdin) {
      return read(words, files, stdin, true);
    }

    private static Set<InstanceId> read(
        List<String> words, List<String> files, InputStream stdin, boolean toStop) {
      Set<InstanceId> ids = new IdSet();
      for (String word : words) {
        ids.add(WrittenId.ofWord(word));
      }
      for (String file : files) {
        IdFile.read("--ids-file", file, stdin, text -> ids.add(parse(text)), ids::add, toStop);
      }
      return ids;
    }

    /** Returns the failure of a command that is given files without an id. */
    public static CommandFailure empty(List<Path> files) {
      return CommandFailure.usage(emptyText(files.stream().map(Path::toString).toList()));
    }

    static String emptyText(List<String> files) {
      return "no ids are in --ids-file "
          + TerminalText.escape(String.join(", ", files))
          + "; check the command that wrote it";
    }

    /**
     * Returns the id of an instance that the service lists.
     *
     * @throws CommandFailure if it is malformed: a shell, or a file of ids, could misinterpret it
     */
    public static InstanceId listed(Instance instance) {
      try {
        return InstanceId.of(instance.instanceId());
      } catch (IllegalArgumentException e) {
        throw CommandFailure.unanswered("the service listed a malformed id: " + e.getMessage());
      }
    }
  }
}
