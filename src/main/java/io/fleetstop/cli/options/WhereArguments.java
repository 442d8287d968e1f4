package io.fleetstop.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where to go, and as whom. {@code null} stands for not said. */
public final class WhereArguments {

  @Option(
      names = "--region",
      paramLabel = "R",
      description = "The region, as cn-beijing. Default: VOLCENGINE_REGION.")
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
          "Take the credentials from this profile of the official command line's file, and from"
              + " nowhere else. Default: the environment, then the file's current profile.")
  public @Nullable String profile;

  @Option(
      names = "--simulate",
      paramLabel = "N",
      converter = Converters.Count.class,
      description =
          "Start a simulator with N running instances inside this process and go there: all of them"
              + " are meant unless ids or filters are given. Needs no account, region or --yes."
              + " Default: off.")
  public @Nullable Integer simulate;

  public boolean isSimulated() {
    return simulate != null;
  }

  /** Rejects what cannot be true at once. */
  public void rejectConflicts() {
    CommandFailure.reject("--simulate", isSimulated(), "--endpoint", endpoint != null);
    CommandFailure.reject("--simulate", isSimulated(), "--profile", profile != null);
    if (profile != null && profile.isBlank()) {
      throw CommandFailure.usage("--profile must not be blank");
    }
  }
}
