package io.fleetstop.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is left alone whoever names it. {@code null} stands for not said. */
final class ExemptionArguments {

  /** The key of the tag that protects an instance unless another is said. */
  static final String PROTECT_KEY = "fleetstop:protect";

  @Option(
      names = "--protect-tag",
      paramLabel = "K[=V]",
      converter = Converters.Tag.class,
      description =
          "Leave instances with this tag alone, named ones too: they are looked at first, a hundred"
              + " with each DescribeInstances call, 4 calls a second. Default: "
              + PROTECT_KEY
              + ", whatever its value; none with --simulate, whose instances do not have it.")
  @Nullable TagMatch protectTag;

  @Option(
      names = "--no-protect-tag",
      description =
          "Stop instances whatever their tags; named ones are not looked at. Default: off.")
  boolean isUnprotected;

  @Option(
      names = "--exclude-file",
      paramLabel = "FILE",
      description =
          "Leave the instances in FILE alone, a file as for --ids-file. May be repeated. Default:"
              + " none.")
  private List<Path> paths = new ArrayList<>();

  /** The files, {@code -} among them. */
  List<String> files() {
    return paths.stream().map(Path::toString).toList();
  }

  /** The tag that counts, or {@code null} if none does. */
  @Nullable TagMatch tag(boolean isSimulated) {
    if (isUnprotected) {
      return null;
    }
    TagMatch standard = isSimulated ? null : new TagMatch(PROTECT_KEY, null);
    return protectTag != null ? protectTag : standard;
  }
}
