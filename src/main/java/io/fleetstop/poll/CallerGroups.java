package io.fleetstop.poll;

import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.PolledInstance.Registration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * The callers of a poller, grouped by the identity with which they call. The identity of a context
 * is resolved once while registrations have that context: all instances of a run have the same one.
 * Used by the draining thread only.
 */
final class CallerGroups {

  /** The instances of all callers of one identity, which one call may describe together. */
  static final class Group {

    final Map<InstanceId, PolledInstance> instances = new HashMap<>();
    final TreeSet<PolledInstance> idle = new TreeSet<>();
    private final Object identity;
    private int callers;

    /** The calls that describe them. */
    int running;

    Group(Object identity) {
      this.identity = identity;
    }
  }

  /** All registrations with one context. */
  static final class Caller {

    private final ContextView context;
    private final Disposable.Swap resolution = Disposables.swap();
    private final List<Registration> unresolved = new ArrayList<>();
    private @Nullable Group group;
    private int registrations;

    Caller(ContextView context) {
      this.context = context;
    }
  }

  private final Mono<?> identity;
  private final Consumer<Runnable> events;
  private final BiConsumer<Registration, Group> onResolved;
  // By reference: not every kind of context compares its entries.
  private final IdentityHashMap<ContextView, Caller> callers = new IdentityHashMap<>();
  private final Map<Object, Group> groups = new HashMap<>();

  /**
   * Creates the groups of a poller.
   *
   * @param identity emits the identity of the context that it is subscribed with
   * @param events runs an event on the draining thread
   * @param onResolved accepts each registration with its group
   */
  CallerGroups(
      Mono<?> identity, Consumer<Runnable> events, BiConsumer<Registration, Group> onResolved) {
    this.identity = identity;
    this.events = events;
    this.onResolved = onResolved;
  }

  /** Adds a registration; it is passed on as soon as its identity is known. */
  void enter(Registration registration) {
    if (registration.isDisposed()) {
      return;
    }
    ContextView context = registration.target.context();
    Caller caller = callers.computeIfAbsent(context, Caller::new);
    registration.caller = caller;
    caller.registrations++;
    Group group = caller.group;
    if (group != null) {
      onResolved.accept(registration, group);
      return;
    }
    caller.unresolved.add(registration);
    if (caller.unresolved.size() == 1) {
      resolve(caller);
    }
  }

  // A context without an identity is one of its own: its calls report the reason.
  private void resolve(Caller caller) {
    caller.resolution.update(
        identity
            .cast(Object.class)
            .defaultIfEmpty(caller.context)
            .onErrorReturn(caller.context)
            .contextWrite(Context.of(caller.context))
            .subscribe(known -> events.accept(() -> resolved(caller, known))));
  }

  private void resolved(Caller caller, Object known) {
    if (caller.registrations == 0) {
      return;
    }
    Group group = groups.computeIfAbsent(known, Group::new);
    group.callers++;
    caller.group = group;
    caller.unresolved.stream()
        .filter(registration -> registration.caller == caller)
        .forEach(registration -> onResolved.accept(registration, group));
    caller.unresolved.clear();
  }

  /** Removes a registration. A second call has no effect. */
  void leave(Registration registration) {
    Caller caller = registration.caller;
    registration.caller = null;
    if (caller == null || --caller.registrations > 0) {
      return;
    }
    callers.remove(caller.context);
    caller.resolution.dispose();
    Group group = caller.group;
    if (group != null && --group.callers == 0) {
      groups.remove(group.identity);
    }
  }

  /**
   * Returns the instance whose next poll is due first, or {@code null} if all are being polled.
   *
   * @param which the groups that count
   */
  @Nullable PolledInstance firstDue(Predicate<Group> which) {
    PolledInstance first = null;
    for (Group group : groups.values()) {
      if (!group.idle.isEmpty()
          && which.test(group)
          && (first == null || group.idle.first().compareTo(first) < 0)) {
        first = group.idle.first();
      }
    }
    return first;
  }

  /** Returns a copy of all instances. */
  List<PolledInstance> instances() {
    List<PolledInstance> all = new ArrayList<>();
    groups.values().forEach(group -> all.addAll(group.instances.values()));
    return all;
  }
}
