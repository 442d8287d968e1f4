package io.fleetstop.cli;

import io.fleetstop.cli.options.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/**
 * The files that a command writes, or keeps a run in. Two of them in one file would damage each
 * other, so this is checked before the first of them is created.
 */
final class WrittenFiles {

  private static final List<String> OPTIONS =
      List.of("--journal", "--start-journal", "--report", "--log-file");

  private static final String JOURNAL = "JOURNAL";

  private static final Map<String, Path> STREAMS =
      Map.of("stdout", Path.of("/dev/fd/1"), "stderr", Path.of("/dev/fd/2"));

  private WrittenFiles() {}

  /**
   * Requires that each is a file of its own.
   *
   * @throws CommandFailure that names two that are not
   */
  static void requireDistinct(ParseResult command) {
    Map<String, Path> files = new LinkedHashMap<>();
    for (ArgSpec matched : command.matchedArgs()) {
      String name =
          matched instanceof OptionSpec option
              ? option.longestName()
              : ((PositionalParamSpec) matched).paramLabel();
      if ((OPTIONS.contains(name) || name.equals(JOURNAL)) && matched.getValue() instanceof Path) {
        files.put(name, matched.getValue());
      }
    }
    requireDistinct(files, STREAMS);
  }

  static void requireDistinct(Map<String, Path> files, Map<String, Path> streams) {
    List<String> names = new ArrayList<>(files.keySet());
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      Path file = files.getOrDefault(name, Path.of(""));
      for (String other : names.subList(i + 1, names.size())) {
        if (isSame(file, files.getOrDefault(other, Path.of("")))) {
          throw CommandFailure.usage(
              name + " and " + other + " name the same file; name two files");
        }
      }
      streams.forEach(
          (stream, target) -> {
            if (Files.isRegularFile(target) && isSame(file, target)) {
              throw CommandFailure.usage(
                  stream
                      + " is redirected to the file of "
                      + name
                      + ", and would damage it; redirect it to another file");
            }
          });
    }
  }

  private static boolean isSame(Path one, Path other) {
    try {
      return (Files.exists(one) && Files.exists(other))
          ? Files.isSameFile(one, other)
          : one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
    } catch (IOException e) {
      // What cannot be read is refused where it is opened.
      return false;
    }
  }
}
