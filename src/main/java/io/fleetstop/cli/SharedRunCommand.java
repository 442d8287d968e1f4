package io.fleetstop.cli;

import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.RedisArguments;
import io.fleetstop.cli.options.RedisUrl;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.SharedFleet;
import io.fleetstop.cli.run.SharedRunText;
import io.fleetstop.redis.RedisFleet;
import io.fleetstop.redis.SharedRunStatus;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import reactor.core.publisher.Mono;

/** A command on a run that machines share: it shows the run after its effect. */
abstract class SharedRunCommand implements Callable<Integer> {

  private final Terminal terminal;
  private final boolean changes;
  private final Function<RedisFleet, Mono<SharedRunStatus>> effect;

  @Mixin private RedisArguments options = new RedisArguments();

  /**
   * Creates the command.
   *
   * @param changes whether it changes the run
   * @param effect performs it; empty if there is no such run
   */
  SharedRunCommand(
      Terminal terminal, boolean changes, Function<RedisFleet, Mono<SharedRunStatus>> effect) {
    this.terminal = terminal;
    this.changes = changes;
    this.effect = effect;
  }

  @Override
  public Integer call() {
    String runId = options.requireRunId();
    RedisUrl url = options.requireUrl(terminal::env);
    try (SharedFleet shared = SharedFleet.open(url, runId)) {
      SharedRunStatus status = SharedFleet.await(effect.apply(shared.fleet()));
      if (status == null) {
        Progress.NONE.print(
            terminal.err(),
            "fleetstop: Redis has no run \""
                + TerminalText.escape(runId)
                + "\"; check --run-id and "
                + url.source());
        return ExitCode.USAGE.number();
      }
      if (changes && status.isDone()) {
        Progress.NONE.print(terminal.err(), "The run is done: nothing was changed");
      } else if (changes && isUnaffected(status.state())) {
        Progress.NONE.print(
            terminal.err(),
            "The run is "
                + status.state().name().toLowerCase(Locale.ROOT)
                + ": nothing was changed. To let it continue, use fleetstop resume");
      }
      SharedRunText.lines(status).forEach(line -> Progress.NONE.print(terminal.out(), line));
      return ExitCode.SUCCESS.number();
    }
  }

  /** Whether a pause or a drain found a run that starts no calls anyway. */
  private boolean isUnaffected(SharedRunStatus.State state) {
    return state == SharedRunStatus.State.FAILED
        || (this instanceof Pause && state == SharedRunStatus.State.DRAINING);
  }

  /** {@code fleetstop status}. */
  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      versionProvider = VersionText.class,
      sortOptions = false,
      abbreviateSynopsis = true,
      description = SharedRunCommand.Status.DESCRIPTION,
      footer = {
        "",
        "Exit codes: 0 the run is shown; 2 usage, or there is no such run; 4 Redis cannot be used.",
        "",
        "Example:",
        "  fleetstop status --redis redis://10.0.0.5 --run-id night-1"
      })
  static final class Status extends SharedRunCommand {

    static final String DESCRIPTION =
        "Shows the state and the counts of a run that machines share.";

    Status(Terminal terminal) {
      super(terminal, false, RedisFleet::find);
    }
  }

  /** {@code fleetstop pause}. */
  @Command(
      name = "pause",
      mixinStandardHelpOptions = true,
      versionProvider = VersionText.class,
      sortOptions = false,
      abbreviateSynopsis = true,
      description = SharedRunCommand.Pause.DESCRIPTION,
      footer = {
        "",
        "Exit codes: 0 done; 2 usage, or there is no such run; 4 Redis cannot be used.",
        "",
        "Example:",
        "  fleetstop pause --redis redis://10.0.0.5 --run-id night-1"
      })
  static final class Pause extends SharedRunCommand {

    static final String DESCRIPTION =
        "Pauses a run that machines share: within a second, none of them sends a stop call.";

    Pause(Terminal terminal) {
      super(terminal, true, RedisFleet::pause);
    }
  }

  /** {@code fleetstop resume}. */
  @Command(
      name = "resume",
      mixinStandardHelpOptions = true,
      versionProvider = VersionText.class,
      sortOptions = false,
      abbreviateSynopsis = true,
      description = SharedRunCommand.Resume.DESCRIPTION,
      footer = {
        "",
        "Machines that have ended join again with stop --redis and --run-id. Failures before the "
            + "resume do not count against --max-failures.",
        "",
        "Exit codes: 0 done; 2 usage, or there is no such run; 4 Redis cannot be used.",
        "",
        "Example:",
        "  fleetstop resume --redis redis://10.0.0.5 --run-id night-1"
      })
  static final class Resume extends SharedRunCommand {

    static final String DESCRIPTION =
        "Resumes a run that machines share, after a pause, a drain or too many failures.";

    Resume(Terminal terminal) {
      super(terminal, true, RedisFleet::resume);
    }
  }

  /** {@code fleetstop drain}. */
  @Command(
      name = "drain",
      mixinStandardHelpOptions = true,
      versionProvider = VersionText.class,
      sortOptions = false,
      abbreviateSynopsis = true,
      description = SharedRunCommand.Drain.DESCRIPTION,
      footer = {
        "",
        "What is left stays in Redis; fleetstop resume lets machines continue.",
        "",
        "Exit codes: 0 done; 2 usage, or there is no such run; 4 Redis cannot be used.",
        "",
        "Example:",
        "  fleetstop drain --redis redis://10.0.0.5 --run-id night-1"
      })
  static final class Drain extends SharedRunCommand {

    static final String DESCRIPTION =
        "Ends a run that machines share early: no new stop calls, those in flight finish.";

    Drain(Terminal terminal) {
      super(terminal, true, RedisFleet::drain);
    }
  }
}
