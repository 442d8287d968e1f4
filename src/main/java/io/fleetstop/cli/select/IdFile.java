package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A file of ids, one a line. {@code #} starts a comment; blank lines, blanks around an id, a byte
 * order mark and any kind of line end are ignored. Read as a stream: no more than a line is held.
 */
public final class IdFile {

  /** The name that means stdin. */
  public static final String STDIN = "-";

  /** The last line of an incomplete list; no id has this form. */
  public static final String INCOMPLETE = "!incomplete";

  private static final int MAX_LINE = 4_096;
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private final String name;
  private final Reader reader;
  private int line;
  private boolean afterCarriageReturn;

  private IdFile(String name, Reader reader) {
    this.name = name;
    this.reader = reader;
  }

  /**
   * Emits each id of a file.
   *
   * @param option the option that names the file
   * @param file its path, or {@code -} for {@code stdin}
   */
  static void read(String option, String file, InputStream stdin, Consumer<InstanceId> ids) {
    String name = file.equals(STDIN) ? "stdin" : file;
    try (InputStream in = file.equals(STDIN) ? stdin : Files.newInputStream(Path.of(file))) {
      Reader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      new IdFile(name, reader).read(ids);
    } catch (NoSuchFileException e) {
      throw CommandFailure.usage(option + ": there is no file " + name);
    } catch (AccessDeniedException e) {
      throw CommandFailure.usage(option + ": " + name + " may not be read");
    } catch (IOException | InvalidPathException e) {
      throw CommandFailure.usage(option + ": " + name + " cannot be read: " + e.getMessage());
    }
  }

  private void read(Consumer<InstanceId> ids) throws IOException {
    String text = nextLine();
    if (text != null && !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK) {
      text = text.substring(1);
    }
    for (; text != null; text = nextLine()) {
      int comment = text.indexOf('#');
      String id = (comment < 0 ? text : text.substring(0, comment)).strip();
      if (!id.isEmpty()) {
        ids.accept(parse(id));
      }
    }
  }

  private InstanceId parse(String id) {
    if (id.equals(INCOMPLETE)) {
      throw CommandFailure.usage(
          name
              + ", line "
              + line
              + ": the list is incomplete; the command that wrote it reported the reason");
    }
    try {
      return InstanceId.of(id);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(name + ", line " + line + ": " + e.getMessage());
    }
  }

  // Not BufferedReader.readLine: a binary file may have a line that exceeds the memory.
  private @Nullable String nextLine() throws IOException {
    StringBuilder text = new StringBuilder();
    line++;
    for (int c = reader.read(); c >= 0; c = reader.read()) {
      boolean endsPair = c == '\n' && afterCarriageReturn;
      afterCarriageReturn = c == '\r';
      if (endsPair) {
        continue;
      }
      if (c == '\n' || c == '\r') {
        return text.toString();
      }
      if (text.length() == MAX_LINE) {
        throw CommandFailure.usage(
            name + ", line " + line + ": must have at most " + MAX_LINE + " characters");
      }
      text.append((char) c);
    }
    return text.isEmpty() ? null : text.toString();
  }

  /** Instance ids from the command line or the service. */
  public static final class InstanceIds {

    private InstanceIds() {}

    /**
     * Returns all ids in order, without duplicates. A million take some hundred megabytes.
     *
     * @throws CommandFailure if an id is malformed, or a file cannot be read
     */
    static Set<InstanceId> read(List<String> words, List<String> files, InputStream stdin) {
      Set<InstanceId> ids = new LinkedHashSet<>();
      for (String word : words) {
        try {
          ids.add(InstanceId.of(word));
        } catch (IllegalArgumentException e) {
          throw CommandFailure.usage(e.getMessage());
        }
      }
      for (String file : files) {
        IdFile.read("--ids-file", file, stdin, ids::add);
      }
      return ids;
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
