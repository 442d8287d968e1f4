package io.fleetstop.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The target of a command: region, endpoint and profile. {@code null} means not given. */
public final class WhereArguments {

  @Option(
      names = "--region",
      paramLabel = "R",
      description = "The region, for example cn-beijing. Default: VOLCENGINE_REGION.")
  public @Nullable String region;

  @Option(
      names = "--endpoint",
      paramLabel = "URL",
      description = "The address of the service. Default: https://open.volcengineapi.com")
  public @Nullable String endpoint;

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description =
          "Use the credentials of this profile of the official command line tool, and no "
              + "other source. Default: the environment, then the tool's current profile.")
  public @Nullable String profile;

  @Option(
      names = "--simulate",
      paramLabel = "N",
      converter = Converters.Count.class,
      description =
          "Start a simulator with N running instances in this process and use it: all of "
              + "them are selected unless ids or filters are given. Needs no account, region or "
              + "--yes. Default: off.")
  public @Nullable Integer simulate;

  public boolean isSimulated() {
    return simulate != null;
  }

  /** Rejects contradictory options. */
  public void rejectConflicts() {
    CommandFailure.reject("--simulate", isSimulated(), "--endpoint", endpoint != null);
    CommandFailure.reject("--simulate", isSimulated(), "--profile", profile != null);
    if (profile != null && profile.isBlank()) {
      throw CommandFailure.usage("--profile must not be blank");
    }
  }
}
