package io.fleetstop.cli.run;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.StartArguments;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.select.FleetSelector;
import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.FleetStart;
import io.fleetstop.fleet.JournalState;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.MultiTargetShutdown;
import io.fleetstop.fleet.MultiTargetStart;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Target;
import io.fleetstop.model.InstanceId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The journal of the command line, if one is given. */
public final class RunJournal implements FleetSelector.Completed, AutoCloseable {

  private static final String FIRST_LINE = "{\"journal\":\"fleetstop\"";

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final String option;
  private final @Nullable Path file;
  private final boolean resumed;
  private @Nullable ShutdownJournal journal;

  public RunJournal(StopArguments.Safety options) {
    this("--journal", options.journal, options.resume);
    if (resumed && file == null) {
      throw CommandFailure.usage(
          "--resume needs --journal FILE: the journal of the run that is resumed");
    }
  }

  private RunJournal(String option, @Nullable Path file, boolean resumed) {
    this.option = option;
    this.file = file;
    this.resumed = resumed;
  }

  /** Returns the journal of a start run. */
  public static RunJournal ofStart(StartArguments options) {
    return new RunJournal("--start-journal", options.startJournal(), options.runs.resume);
  }

  /**
   * Opens the journal if its run is resumed.
   *
   * @return the options with the run id of the journal
   */
  public ShutdownOptions resume(ShutdownOptions options) {
    if (file != null && !resumed) {
      rejectUnusable(option, file);
    }
    if (file == null || !resumed) {
      return options;
    }
    journal = opened(ShutdownJournal.resume(file, options));
    return journal.options();
  }

  /** Returns the run up to now, to report it as a whole; {@code null} for a new run. */
  public @Nullable JournaledRun history() {
    if (journal == null || file == null || !resumed) {
      return null;
    }
    try {
      return JournaledRun.read(file).block();
    } catch (EcsException e) {
      throw CommandFailure.usage(option + ": " + e.detail());
    }
  }

  /** Whether the instance was finished before the run was resumed. */
  @Override
  public boolean isDone(InstanceId id) {
    return journal != null && journal.state().isCompleted(id);
  }

  /** Returns the number of instances finished before the run was resumed. */
  @Override
  public int done() {
    return journal == null ? 0 : journal.state().completed();
  }

  /** Returns the instances that may have been called and have no final outcome. */
  @Override
  public Set<InstanceId> unsettled() {
    return journal == null ? Set.of() : journal.state().incomplete();
  }

  /** Returns the shutdown, with a new journal unless it was resumed. */
  public FleetShutdown fleet(EcsClient client, ShutdownOptions options) {
    if (file == null) {
      return FleetShutdown.create(client, options);
    }
    if (journal == null) {
      journal = opened(ShutdownJournal.create(file, options));
    }
    return FleetShutdown.create(client, journal);
  }

  /** Returns the start, with a new journal unless it was resumed. */
  public FleetStart start(
      EcsClient client, ShutdownOptions options, UnaryOperator<FleetStart.Builder> configure) {
    FleetStart.Builder builder = FleetStart.builder(client);
    if (file == null) {
      return configure.apply(builder.options(options)).build();
    }
    ShutdownJournal opened = journal;
    if (opened == null) {
      opened = opened(ShutdownJournal.create(file, options));
      journal = opened;
    }
    return configure.apply(builder.journal(opened)).build();
  }

  /** Returns the start over several targets, with a new journal unless it was resumed. */
  public MultiTargetStart start(MultiTargetStart.Builder across, ShutdownOptions options) {
    if (file == null) {
      return across.options(options).build();
    }
    ShutdownJournal opened = journal;
    if (opened == null) {
      opened = opened(ShutdownJournal.create(file, options));
      journal = opened;
    }
    return across.journal(opened).build();
  }

  /** Returns the part of the journal that is about one of several targets. */
  public FleetSelector.Completed of(Target target) {
    JournalState state = journal == null ? null : journal.state().of(target);
    return new FleetSelector.Completed() {
      @Override
      public boolean isDone(InstanceId id) {
        return state != null && state.isCompleted(id);
      }

      @Override
      public int done() {
        return state == null ? 0 : state.completed();
      }

      @Override
      public Set<InstanceId> unsettled() {
        return state == null ? Set.of() : state.incomplete();
      }
    };
  }

  /** Whether an instance of one of several targets was finished before. */
  public boolean isDone(OutcomeLine outcome) {
    Target target = outcome.target();
    return target != null && of(target).isDone(InstanceId.of(outcome.instanceId()));
  }

  /** Returns the targets of the journal. */
  public Set<Target> targets() {
    return journal == null ? Set.of() : journal.state().targets();
  }

  /** Returns the shutdown over several targets, with a new journal unless it was resumed. */
  public MultiTargetShutdown fleet(MultiTargetShutdown.Builder across, ShutdownOptions options) {
    if (file == null) {
      return across.options(options).build();
    }
    if (journal == null) {
      journal = opened(ShutdownJournal.create(file, options));
    }
    return across.journal(journal).build();
  }

  // A new journal is created after the question; errors that are known now are reported before it.
  private static void rejectUnusable(String option, Path file) {
    Path directory = file.toAbsolutePath().getParent();
    boolean missing = directory != null && !Files.isDirectory(directory);
    boolean special = Files.exists(file) && !Files.isRegularFile(file);
    if (missing || Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw CommandFailure.usage(
          option
              + ": The journal "
              + file
              + " cannot be used: "
              + (missing
                  ? "its directory does not exist: create it, or name another file"
                  : special
                      ? "it is not a regular file: name another file"
                      : isJournal(file)
                          ? "it exists: resume its run with --resume, or name another file"
                          : "it exists and is not a journal of fleetstop: name another file"));
    }
  }

  private static boolean isJournal(Path file) {
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      byte[] start = FIRST_LINE.getBytes(StandardCharsets.UTF_8);
      return Arrays.equals(start, in.readNBytes(start.length));
    } catch (IOException e) {
      // What cannot be read may be one: resuming it names the reason.
      return true;
    }
  }

  // Blocks the main thread only: the journal is read on another one.
  private ShutdownJournal opened(Mono<ShutdownJournal> opening) {
    try {
      return Objects.requireNonNull(opening.block());
    } catch (EcsException e) {
      throw CommandFailure.usage(option + ": " + e.detail());
    }
  }

  /** Returns what was finished before, or {@code null} for a new run. */
  public @Nullable String doneBefore() {
    if (journal == null || !resumed) {
      return null;
    }
    int failures = journal.state().completedFailures();
    return "Resumed run "
        + TerminalText.escape(String.valueOf(journal.options().runId()))
        + ": "
        + TerminalText.count(journal.state().completed())
        + " done before"
        + (failures == 0 ? "" : ", " + TerminalText.count(failures) + " of them failed");
  }

  /** Returns the exit code of the whole run in the journal. */
  public ExitCode exitCode(ExitCode ofThisTime) {
    boolean hadFailures = journal != null && journal.state().completedFailures() > 0;
    return ofThisTime == ExitCode.SUCCESS && hadFailures ? ExitCode.INSTANCES_FAILED : ofThisTime;
  }

  @Override
  public void close() {
    if (journal != null) {
      // Forced lines are durable; a slow disk must not change the exit code.
      journal.disposeLater().timeout(CLOSE_TIMEOUT).onErrorComplete().block();
    }
  }
}
