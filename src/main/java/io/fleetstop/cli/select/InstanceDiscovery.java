package io.fleetstop.cli.select;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.FilterArguments;
import io.fleetstop.cli.options.FilterArguments.TagMatch;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.select.IdFile.InstanceIds;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import io.fleetstop.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.util.function.Tuple2;

/**
 * Resolves the instances of a run. Sends only {@code DescribeInstances}, at the rate of such calls;
 * blocks until it is done.
 */
public final class InstanceDiscovery {

  private static final int CONCURRENT_CALLS = 4;
  private static final long STEP = 1_000;
  private static final int MAX_REPEATED = 10_000;

  /** Small enough for any line: a reply of some kilobytes. */
  private static final int MIN_PART = 5;

  private static final int PARTS = 5;

  /** The delay before an instance that was not listed is described again. */
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /** An id, and the instance, or {@code null} if the service does not list it. */
  public record Described(InstanceId id, @Nullable Instance known) {}

  private final EcsClient client;
  private final EcsClient impatient;
  private final Exclusions exemptions;
  private final Consumer<String> notes;
  private volatile int partSize = DescribeInstances.MAX_PAGE;

  /**
   * Creates a resolver.
   *
   * @param notes receives progress notes
   */
  InstanceDiscovery(EcsClient client, Exclusions exemptions, Consumer<String> notes) {
    this.client = client.withRetryPolicy(InstanceDiscovery::describePolicy);
    this.impatient =
        this.client.withRetryPolicy(policy -> policy.mutate().neverRetry(Category.NETWORK).build());
    this.exemptions = exemptions;
    this.notes = notes;
  }

  /** Returns a resolver of instances that are not to be stopped. */
  public static InstanceDiscovery of(EcsClient client) {
    return new InstanceDiscovery(client, Exclusions.NONE, note -> {});
  }

  /** Describes instances, in the order of the ids. Cold. */
  public Flux<Described> describeAll(Collection<InstanceId> ids) {
    return Flux.fromIterable(ids)
        .buffer(DescribeInstances.MAX_PAGE)
        .flatMapSequential(this::describe, CONCURRENT_CALLS);
  }

  /** The number of attempts is about one stop call; here a failure ends the command. */
  private static RetryPolicy describePolicy(RetryPolicy given) {
    RetryPolicy.Builder builder =
        RetryPolicy.defaults().mutate().attemptTimeout(given.attemptTimeout());
    Duration deadline = given.deadline();
    return (deadline == null ? builder : builder.deadline(deadline)).build();
  }

  /**
   * Returns the instances that may be stopped. Instances that the service does not list are among
   * them, and are {@link SelectedInstances#missing()}.
   *
   * @throws CommandFailure if they cannot be described
   */
  SelectedInstances named(Set<InstanceId> ids, FleetSelector.Completed completed) {
    SelectedInstances selection = new SelectedInstances(exemptions, completed.unsettled());
    selection.begin(ids);
    describe(ids, selection);
    return selection;
  }

  /**
   * Returns the instances that pass the filters and may be stopped, and the incomplete ones of the
   * run, which must not be dropped because they have changed since.
   *
   * @param maxListed the most instances of the list: one that never ends would fill the memory
   * @param sizeLimit gets the size of the fleet so far, and throws if it is too large
   * @param onListed gets the instances that pass the filters, and throws if the incomplete ones
   *     beside them must not be added
   * @throws CommandFailure if the list is incomplete
   */
  SelectedInstances found(
      FilterArguments filters,
      int maxListed,
      FleetSelector.Completed completed,
      IntConsumer sizeLimit,
      Consumer<Set<InstanceId>> onListed) {
    SelectedInstances selection = new SelectedInstances(exemptions, completed.unsettled());
    Progress progress = new Progress(completed.done(), maxListed);
    Set<TagMatch> unmatched = filters.tags();
    Flux<Instance> listed =
        client
            .describeInstances(filters.request(maxListed))
            .doOnNext(instance -> requireMatch(filters, instance))
            .doOnNext(
                instance -> {
                  add(instance, completed::isDone, selection);
                  progress.require(selection.size());
                  sizeLimit.accept(selection.ids().size());
                })
            .doOnNext(instance -> unmatched.removeIf(tag -> tag.isOn(instance)));
    long found =
        await(counted(listed, "found"), "the list of instances is incomplete", "", List.of());
    String reason = filters.truncationWarning(found);
    if (reason != null) {
      notes.accept(reason);
    }
    if (found > 0) {
      unmatched.forEach(
          tag ->
              notes.accept(
                  "--tag " + TerminalText.escape(tag.toString()) + ": no instance has this tag"));
    }
    onListed.accept(selection.all());
    describe(completed.unsettled().stream().filter(id -> !selection.knows(id)).toList(), selection);
    return selection;
  }

  /**
   * Returns those that a stop call could stop: neither stopped nor being stopped nor deleted.
   *
   * @throws CommandFailure if they cannot be described, or none of them exists, as in another
   *     account
   */
  List<InstanceId> stoppable(List<InstanceId> ids) {
    List<InstanceId> existing = new ArrayList<>();
    List<InstanceId> stoppable = new ArrayList<>();
    Flux<Described> described =
        describeAll(ids)
            .filter(each -> each.known != null)
            .doOnNext(
                each -> {
                  existing.add(each.id);
                  if (each.known != null && !isStopped(each.known)) {
                    stoppable.add(each.id);
                  }
                });
    await(described, "the unfinished instances of the journal cannot be described", "", ids);
    if (existing.isEmpty()) {
      throw CommandFailure.usage(
          "none of the unfinished instances of the journal exists in this account and region: "
              + FleetSelector.listed(ids)
              + "; nothing was stopped. Give the --region and the --profile or --role-trn of the run,"
              + " or, if they were deleted, add --journal-only "
              + ids.size());
    }
    return stoppable;
  }

  private static boolean isStopped(Instance instance) {
    return instance.state() == Instance.State.STOPPED
        || instance.state() == Instance.State.STOPPING;
  }

  private static void requireMatch(FilterArguments filters, Instance instance) {
    String unmet = filters.unmetBy(instance);
    if (unmet != null) {
      throw CommandFailure.unanswered(
          "the service lists "
              + TerminalText.escape(instance.instanceId())
              + ", which does not pass "
              + TerminalText.escape(unmet)
              + "; nothing was stopped. Check the value of the filter, or name the instances with"
              + " --ids-file");
    }
  }

  /** Ends a list that does not. A list whose pages shift repeats only a few instances. */
  private static final class Progress {

    private final int limit;
    private final int maxListed;
    private int listed;
    private int known;
    private int repeated;

    Progress(int done, int maxListed) {
      this.limit = done + MAX_REPEATED;
      this.maxListed = maxListed;
    }

    void require(int size) {
      if (listed == maxListed) {
        throw CommandFailure.unanswered(
            "the service lists more than "
                + TerminalText.count(maxListed)
                + " instances; nothing was stopped. Narrow the filters, or set --max-instances to"
                + " more if the fleet is that large");
      }
      listed++;
      repeated = size > known ? 0 : repeated + 1;
      known = size;
      if (repeated > limit) {
        throw CommandFailure.unanswered(
            "the service lists the same instances over and over; nothing was stopped. Run it"
                + " again");
      }
    }
  }

  private static void add(
      Instance instance, Predicate<InstanceId> isDone, SelectedInstances selection) {
    InstanceId id = InstanceIds.listed(instance);
    if (!isDone.test(id)) {
      selection.add(id, instance);
    }
  }

  private void describe(Collection<InstanceId> ids, SelectedInstances selection) {
    if (!exemptions.needDescription()) {
      ids.forEach(id -> selection.add(id, null));
      return;
    }
    List<InstanceId> missed = describeOnce(ids, ids, selection, Duration.ZERO);
    if (missed.isEmpty()) {
      return;
    }
    // A list may lag behind, and a protected instance must not be stopped because of that.
    List<InstanceId> unknown = describeOnce(missed, ids, selection, AGAIN);
    unknown.forEach(selection::addMissing);
  }

  /** Describes instances again after a delay, and returns those that are not listed. */
  private List<InstanceId> describeOnce(
      Collection<InstanceId> ids,
      Collection<InstanceId> wanted,
      SelectedInstances selection,
      Duration after) {
    List<InstanceId> missed = new ArrayList<>();
    Flux<Described> described =
        Flux.fromIterable(ids)
            .delaySubscription(after)
            .buffer(DescribeInstances.MAX_PAGE)
            .flatMapSequential(this::describe, CONCURRENT_CALLS)
            .doOnNext(
                each -> {
                  if (each.known == null && !exemptions.isExcluded(each.id)) {
                    missed.add(each.id);
                  } else {
                    selection.add(each.id, each.known);
                  }
                });
    await(
        counted(described, "described"),
        "instances cannot be checked for " + exemptions.described(),
        exemptions.withoutDescription(),
        wanted);
    return missed;
  }

  /** Describes instances in smaller parts if a reply was too large for the line. */
  private Flux<Described> describe(List<InstanceId> ids) {
    if (ids.size() > partSize) {
      return Flux.fromIterable(ids).buffer(partSize).concatMap(this::describe);
    }
    if (ids.size() <= MIN_PART) {
      return describe(client, ids);
    }
    // A repetition of the same call would take as long.
    return describe(impatient, ids)
        .onErrorResume(
            EcsException.class,
            e -> {
              if (isTooLate(e)) {
                partSize = Math.min(partSize, Math.max(MIN_PART, ids.size() / PARTS));
                return describe(ids);
              }
              return e.category() == Category.NETWORK ? describe(client, ids) : Flux.error(e);
            });
  }

  private static boolean isTooLate(EcsException error) {
    return error.errorCode().equals(ClientErrors.ATTEMPT_TIMEOUT)
        || error.errorCode().equals(ClientErrors.RESPONSE_TIMEOUT);
  }

  private Flux<Described> describe(EcsClient client, List<InstanceId> ids) {
    List<InstanceId> wanted = ids.stream().filter(id -> !exemptions.isExcluded(id)).toList();
    return wanted.isEmpty()
        ? Flux.fromIterable(ids).map(id -> new Described(id, null))
        : client
            .describeInstances(DescribeInstances.ofIds(wanted))
            .collect(
                Collectors.toMap(Instance::instanceId, Function.identity(), this::protectedOne))
            .flatMapIterable(
                known -> ids.stream().map(id -> new Described(id, known.get(id.value()))).toList())
            .onErrorResume(InstanceDiscovery::isUnknown, e -> bisect(ids));
  }

  // A list may show an instance twice, and its tag only once: it is protected.
  private Instance protectedOne(Instance one, Instance other) {
    return exemptions.isProtected(one) ? one : other;
  }

  private static boolean isUnknown(Throwable e) {
    return e instanceof EcsException error
        && error.errorCode().equals(EcsErrors.INVALID_INSTANCE_NOT_FOUND);
  }

  // An unknown id must not hide the others.
  private Flux<Described> bisect(List<InstanceId> ids) {
    int half = ids.size() / 2;
    return half == 0
        ? Flux.just(new Described(ids.get(0), null))
        : Flux.concat(describe(ids.subList(0, half)), describe(ids.subList(half, ids.size())));
  }

  private <T> Flux<T> counted(Flux<T> instances, String done) {
    return instances
        .index()
        .doOnNext(
            each -> {
              long count = each.getT1() + 1;
              if (count % STEP == 0) {
                notes.accept(TerminalText.count(count) + " instances " + done + " so far");
              }
            })
        .map(Tuple2::getT2);
  }

  /**
   * Waits for the end of the work.
   *
   * @param wanted the instances whose state is unknown if the service does not reply
   */
  private static long await(
      Flux<?> work, String whatFailed, String wayOut, Collection<InstanceId> wanted) {
    try {
      return Objects.requireNonNull(work.count().block());
    } catch (EcsException e) {
      // Without a connection or valid credentials, a run without the check would fail as well.
      boolean unreached = e.delivery() == Delivery.NOT_SENT && e.category() != Category.AUTH;
      String whatToDo =
          e.category() == Category.PERMISSION
              ? wayOut
              : unreached ? "; check the endpoint, the proxy and the network" : "";
      CommandFailure failure =
          CommandFailure.unanswered(whatFailed, e, "nothing was stopped" + whatToDo);
      throw e.delivery() == Delivery.UNKNOWN && e.httpStatus() == null
          ? failure.leaving(wanted)
          : failure;
    }
  }
}
