package io.fleetstop.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** The help of {@code fleetstop stop}: one screen first, and all options on request. */
final class StopHelp {

  private static final String SHORT = "short";

  /** No more than a screen of 24 lines and 80 columns. */
  private static final String TEXT =
      """
      Usage: fleetstop stop [OPTIONS] [ID...]
      Stops instances and reports each outcome. Asks before it stops more than one.

        --ids-file=FILE     Read ids from FILE, one per line; - is stdin
        --status=S          Only instances in this status, for example RUNNING
        --tag=K[=V]         Only instances with this tag; see also --zone, --project
        --exclude-file=FILE Skip the instances in FILE
        --region=R          The region. Default: VOLCENGINE_REGION; see also --profile
        --dry-run           Only let the service validate each request
        --yes               Do not ask; with filters, --max-instances=N is required
        --wave=N|P%,...     Stop in waves, for example 1%,10%,100%
        --journal=FILE      Record the run in FILE, so that --resume can continue it
        --simulate=N        Rehearse with N simulated instances, without an account

      Examples:
        fleetstop stop --simulate 1000
        fleetstop stop --region cn-beijing i-ycm0a1b2c3d4e5f6g7h8
        fleetstop stop --status RUNNING --tag env=dev --max-instances 500 --yes
        fleetstop stop --ids-file night.txt --yes --wave 1%,100% --journal night.jsonl
        fleetstop stop --ids-file night.txt --yes --journal night.jsonl --resume

      All options and exit codes: fleetstop stop --help-all
      """;

  private StopHelp() {}

  /** Makes the short text the help of {@code stop}, if it is a command of {@code root}. */
  static void shorten(CommandLine root) {
    CommandLine stop = root.getSubcommands().get("stop");
    if (stop != null) {
      stop.getHelpSectionMap().put(SHORT, help -> TEXT);
      stop.setHelpSectionKeys(List.of(SHORT));
    }
  }

  /** Returns the help with all options. */
  static String full(CommandLine stop) {
    List<String> shortKeys = stop.getHelpSectionKeys();
    stop.setHelpSectionKeys(CommandSpec.create().usageMessage().sectionKeys());
    try {
      return stop.getUsageMessage();
    } finally {
      stop.setHelpSectionKeys(shortKeys);
    }
  }
}
