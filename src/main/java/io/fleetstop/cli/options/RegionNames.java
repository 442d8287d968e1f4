package io.fleetstop.cli.options;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The names of regions: what they look like, and which one is meant by a mistyped one. */
public final class RegionNames {

  static final List<String> PUBLIC =
      List.of(
          "cn-beijing",
          "cn-shanghai",
          "cn-guangzhou",
          "cn-hongkong",
          "ap-southeast-1",
          "ap-southeast-3");

  private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");
  private static final Pattern SEPARATOR = Pattern.compile("[\\s;，、；]");

  private RegionNames() {}

  /**
   * Rejects names that no region has.
   *
   * @throws CommandFailure that says how regions are written
   */
  static void require(List<String> names) {
    for (String name : names) {
      if (name.isBlank() && names.size() == 1) {
        // Unset, as a variable of a script may be.
        return;
      }
      if (name.isBlank() || SEPARATOR.matcher(name.strip()).find()) {
        throw CommandFailure.usage(
            "--region: separate several regions by commas, without blanks, for example"
                + " cn-beijing,cn-shanghai; was \""
                + String.join(",", names)
                + "\"");
      }
      if (!NAME.matcher(name).matches()) {
        String meant = meant(name);
        throw CommandFailure.usage(
            "--region must be lower-case letters, digits and '-', such as cn-beijing, was \""
                + name
                + "\""
                + (meant == null ? "" : ": did you mean " + meant + "?"));
      }
    }
  }

  /**
   * Returns a warning about a name that is nearly that of a public region, or {@code null}. Other
   * names may be regions that this version does not know.
   */
  public static @Nullable String warning(String name) {
    String meant = PUBLIC.contains(name) ? null : meant(name);
    return meant == null
        ? null
        : "warning: there is no public region " + name + "; did you mean " + meant + "?";
  }

  private static @Nullable String meant(String name) {
    String lower = name.strip().toLowerCase(Locale.ROOT);
    return PUBLIC.stream()
        .filter(region -> region.endsWith("-" + lower))
        .findFirst()
        .orElseGet(() -> Converters.nearest(lower, PUBLIC));
  }
}
