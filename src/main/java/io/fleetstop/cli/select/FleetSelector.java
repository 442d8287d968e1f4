package io.fleetstop.cli.select;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.select.IdFile.InstanceIds;
import io.fleetstop.cli.select.Selection.Exclusions;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.InstanceId;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The fleet that a command line means: which instances, how many at most, and who says yes. */
public final class FleetSelector {

  /** The instances that a note lists by id. */
  private static final int MAX_LISTED = 20;

  /** The part of a run that earlier processes have done. */
  public interface Completed {

    /** Whether the instance has its final outcome. */
    boolean isDone(InstanceId id);

    /** How many instances have their final outcome. */
    int done();

    /** The instances that may have been called, and have no final outcome. */
    Set<InstanceId> unsettled();
  }

  private final StopArguments options;
  private final Terminal terminal;
  private final Set<InstanceId> named;
  private final DescribeInstances filters;
  private final Exclusions exemptions;
  private Set<InstanceId> unnamed = Set.of();

  private FleetSelector(StopArguments options, Terminal terminal) {
    this.options = options;
    this.terminal = terminal;
    this.named = InstanceIds.read(options.ids, options.which.files(), terminal.in());
    this.filters = options.filters.request();
    this.exemptions = Exclusions.read(options, terminal.in());
  }

  /**
   * Reads what names the instances. Sends nothing.
   *
   * @throws CommandFailure if nothing does, or too much, or nobody answers for what will be found
   */
  public static FleetSelector of(StopArguments options, Terminal terminal) {
    FleetSelector choice = new FleetSelector(options, terminal);
    choice.requireSource();
    if (choice.isFound() && choice.stopsForReal()) {
      choice.requireAnswerable();
    }
    return choice;
  }

  private void requireSource() {
    boolean isNamed = !options.ids.isEmpty() || !options.which.files().isEmpty();
    if (isFound() && isNamed) {
      throw CommandFailure.usage(
          "ids and filters exclude each other: name the instances, or have them found");
    }
    if (!isFound() && named.isEmpty() && !options.where.isSimulated()) {
      throw CommandFailure.usage(
          "no instance is named: give ids, --ids-file, filters or --simulate");
    }
  }

  private void requireAnswerable() {
    if (options.safety.yes && options.safety.maxInstances == null) {
      throw CommandFailure.usage("a fleet found by filters needs --max-instances N beside --yes");
    }
    if (!options.safety.yes) {
      Confirmation.requireSomebody(terminal, null);
    }
  }

  private boolean isFound() {
    return options.filters.isGiven();
  }

  private boolean stopsForReal() {
    return !options.where.isSimulated() && !options.how.dryRun;
  }

  // An instance that is named was meant; one that a filter or the journal adds may be a surprise.
  private boolean needsYes(int instances) {
    return stopsForReal()
        && !options.safety.yes
        && instances > (isFound() || !unnamed.isEmpty() ? 0 : 1);
  }

  /** Lists instances that only the journal says are to be stopped. */
  static String unnamedNote(Collection<InstanceId> unnamed) {
    String ids =
        unnamed.stream().limit(MAX_LISTED).map(InstanceId::value).collect(Collectors.joining(", "));
    int more = unnamed.size() - MAX_LISTED;
    return "The journal adds "
        + TerminalText.count(unnamed.size())
        + (unnamed.size() == 1 ? " instance" : " instances")
        + " that the command line does not select: "
        + ids
        + (more > 0 ? " and " + TerminalText.count(more) + " more" : "");
  }

  /**
   * Finds the instances, or looks at those that are named.
   *
   * @param notes hears what there is to say
   * @throws CommandFailure if the service does not show them, or they are too many
   */
  public Selection find(
      EcsClient client, Completed completed, Target target, Consumer<String> notes) {
    InstanceResolver discovery = new InstanceResolver(client, exemptions, notes);
    if (isFound()) {
      Selection fleet =
          discovery.found(
              filters, options.filters::doubt, completed::isDone, completed.unsettled());
      if (fleet.all().isEmpty()) {
        boolean isFirst = completed.done() == 0;
        notes.accept(
            "No instance passes the filters" + (isFirst ? "" : " that the run is not done with"));
      }
      requireFewEnough(completed.done() + fleet.ids().size());
      return fleet;
    }
    // Named again or not: a run that goes on does not forget whom it may have called.
    Set<InstanceId> wanted = named.isEmpty() ? target.simulatedIds() : named;
    Set<InstanceId> ids = new LinkedHashSet<>(completed.unsettled());
    unnamed = new LinkedHashSet<>(ids);
    unnamed.removeAll(wanted);
    if (!unnamed.isEmpty()) {
      notes.accept(unnamedNote(unnamed));
    }
    wanted.stream().filter(id -> !completed.isDone(id)).forEach(ids::add);
    // Which of them have the tag is not known yet; a million must not be looked at to be refused.
    requireFewEnough(completed.done() + exemptions.withoutExcluded(ids));
    if (needsYes(ids.size())) {
      Confirmation.requireSomebody(terminal, ids.size());
    }
    return discovery.named(ids);
  }

  private void requireFewEnough(long size) {
    Integer max = options.safety.maxInstances;
    if (max != null && size > max) {
      throw CommandFailure.usage(
          "the fleet has "
              + TerminalText.count(size)
              + " instances, more than the "
              + TerminalText.count(max)
              + " of --max-instances; nothing was stopped");
    }
  }

  /**
   * Asks whether to go on, if it has to be asked.
   *
   * @throws CommandFailure after anything but yes
   */
  public void confirm(Selection fleet, ShutdownOptions shutdown, Target target) {
    if (needsYes(fleet.ids().size())) {
      Confirmation.require(terminal, fleet, shutdown, target);
    }
  }

  /** The question before a fleet is stopped. */
  static final class Confirmation {

    private static final int MAX_ANSWER = 100;

    private Confirmation() {}

    /**
     * Goes on where somebody can be asked.
     *
     * @param count how many instances are to be stopped, or {@code null} if that is not known yet
     * @throws CommandFailure where nobody can
     */
    static void requireSomebody(Terminal terminal, @Nullable Integer count) {
      if (!terminal.isTerminal(Terminal.Stream.IN) || !terminal.isTerminal(Terminal.Stream.ERR)) {
        throw CommandFailure.usage(
            count == null
                ? "a fleet found by filters needs --yes and --max-instances N where nobody can be asked"
                : "stopping " + instances(count) + " needs --yes where nobody can be asked");
      }
    }

    /**
     * Asks, and goes on after a yes.
     *
     * @throws CommandFailure after anything else, and where nobody can be asked
     */
    static void require(
        Terminal terminal, Selection fleet, ShutdownOptions options, Target target) {
      requireSomebody(terminal, fleet.ids().size());
      String leftOut = fleet.leftOutInWords();
      PrintStream err = terminal.err();
      err.print(
          String.format(
              "About to stop %s in %s (%s%s): %s%n%sGo on? [y/N] ",
              instances(fleet.ids().size()),
              target.region(),
              options.stoppedMode().wireName(),
              options.isForceStop() ? ", forced" : "",
              fleet.names(),
              leftOut == null ? "" : leftOut + System.lineSeparator()));
      err.flush();
      if (!isYes(answer(terminal.in()))) {
        throw CommandFailure.usage("not confirmed; nothing was stopped");
      }
    }

    private static String instances(int count) {
      return count == 1 ? "1 instance" : TerminalText.count(count) + " instances";
    }

    private static boolean isYes(String answer) {
      String word = answer.strip().toLowerCase(Locale.ROOT);
      return word.equals("y") || word.equals("yes");
    }

    // Byte by byte: nothing that comes after the answer may be taken.
    private static String answer(InputStream in) {
      StringBuilder line = new StringBuilder();
      try {
        for (int c = in.read(); c >= 0 && c != '\n' && line.length() < MAX_ANSWER; c = in.read()) {
          line.append((char) c);
        }
      } catch (IOException e) {
        throw CommandFailure.usage("the answer cannot be read: " + e.getMessage());
      }
      return line.toString();
    }
  }
}
