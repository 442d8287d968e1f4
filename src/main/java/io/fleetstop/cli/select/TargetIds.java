package io.fleetstop.cli.select;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.fleet.Target;
import io.fleetstop.model.InstanceId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The ids that a command line with several targets names: {@code region/id} and the like. */
final class TargetIds {

  private static final String FORM =
      "region/id or account/region/id, because there are several targets";

  private final Collection<Target> targets;
  private final Map<Target, Set<InstanceId>> ids = new LinkedHashMap<>();

  private TargetIds(Collection<Target> targets) {
    this.targets = targets;
  }

  /**
   * Reads all ids.
   *
   * @throws CommandFailure if one is malformed, or its target is not one of them
   */
  static Map<Target, Set<InstanceId>> read(
      StopArguments options, Terminal terminal, Collection<Target> targets) {
    TargetIds read = new TargetIds(targets);
    options.ids.forEach(read::add);
    options.which.files().forEach(file -> read.addLines(file, terminal.in()));
    return read.ids;
  }

  private void addLines(String file, InputStream stdin) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                file.equals(IdFile.STDIN) ? stdin : Files.newInputStream(Path.of(file)),
                StandardCharsets.UTF_8))) {
      BoundedLines bounded =
          new BoundedLines(
              lines, rule -> CommandFailure.usage("--ids-file: a line of " + file + " " + rule));
      for (String line = bounded.next(); line != null; line = bounded.next()) {
        String word = line.replaceAll("#.*", "").strip();
        if (!word.isEmpty()) {
          add(word);
        }
      }
    } catch (IOException e) {
      throw CommandFailure.usage("--ids-file: " + file + " cannot be read: " + e.getMessage());
    }
  }

  private void add(String word) {
    String[] parts = word.split("/", -1);
    if (parts.length < 2 || parts.length > 3) {
      throw CommandFailure.usage("an id must be " + FORM + ", was \"" + word + "\"");
    }
    String region = parts[parts.length - 2];
    List<Target> matching =
        targets.stream()
            .filter(target -> target.region().equals(region))
            .filter(target -> parts.length == 2 || target.account().equals(parts[0]))
            .toList();
    if (matching.size() != 1) {
      throw CommandFailure.usage(
          "\""
              + word
              + (matching.isEmpty()
                  ? "\" is in none of the targets; they are "
                  : "\" may be in several targets; write account/region/id with one of ")
              + (matching.isEmpty() ? targets : matching));
    }
    try {
      ids.computeIfAbsent(matching.get(0), target -> new LinkedHashSet<>())
          .add(WrittenId.of(parts[parts.length - 1]));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(e.getMessage());
    }
  }
}
