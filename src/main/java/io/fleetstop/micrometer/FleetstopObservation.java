package io.fleetstop.micrometer;

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.docs.ObservationDocumentation;

/** The documented observation. */
public enum FleetstopObservation implements ObservationDocumentation {

  /**
   * A call, from subscription to termination, including waits and retries. As a metric: the timer
   * {@code fleetstop.call}, the long task timer {@code fleetstop.call.active}, and a counter for
   * each of {@link Events}.
   */
  CALL {
    @Override
    public Class<? extends ObservationConvention<? extends Observation.Context>>
        getDefaultConvention() {
      return DefaultCallObservationConvention.class;
    }

    @Override
    public KeyName[] getLowCardinalityKeyNames() {
      return LowCardinality.values();
    }

    @Override
    public KeyName[] getHighCardinalityKeyNames() {
      return HighCardinality.values();
    }

    @Override
    public Observation.Event[] getEvents() {
      return Events.values();
    }

    @Override
    public String getPrefix() {
      return "fleetstop";
    }
  };

  /** The keys of metrics and traces; each has few values. */
  public enum LowCardinality implements KeyName {
    /** The action, {@code StopInstance} for example. */
    ACTION("action"),

    /** The region. */
    REGION("region"),

    /**
     * {@code SUCCESS}, {@code CANCELLED}, the category of the error that ended the call, or {@code
     * RUNNING} before its end.
     */
    OUTCOME("outcome"),

    /**
     * The documented code of the error that ended the call, {@code other} for an undocumented one,
     * or {@code none}. In the counter of retries: the code of the failed attempt.
     */
    ERROR_CODE("error.code"),

    /** The HTTP status of the last reply, or {@code none}. */
    STATUS("status");

    private final String key;

    LowCardinality(String key) {
      this.key = key;
    }

    @Override
    public String asString() {
      return key;
    }
  }

  /** The keys of traces only. */
  public enum HighCardinality implements KeyName {
    /** The instance of the action. */
    INSTANCE_ID("instance.id"),

    /** The number of instances, for an action that may name several. */
    INSTANCES("instances"),

    /** The request id of the last reply. */
    REQUEST_ID("request.id"),

    /** The number of attempts started. */
    ATTEMPTS("attempts"),

    /** Whether the service may have acted, for a call that did not succeed. */
    DELIVERY("delivery");

    private final String key;

    HighCardinality(String key) {
      this.key = key;
    }

    @Override
    public String asString() {
      return key;
    }

    @Override
    public boolean isRequired() {
      return this == ATTEMPTS;
    }
  }

  /** The events of a call. As a metric: one counter each, named after the call. */
  public enum Events implements Observation.Event {
    /** The request of an attempt is sent: {@code fleetstop.call.sent}. */
    SENT("sent", "sent, attempt %s"),

    /** An attempt failed and is retried after a delay: {@code fleetstop.call.retry}. */
    RETRY("retry", "retry after %s");

    private final String name;
    private final String text;

    Events(String name, String text) {
      this.name = name;
      this.text = text;
    }

    @Override
    public String getName() {
      return name;
    }

    @Override
    public String getContextualName() {
      return text;
    }
  }

  @Override
  public String getName() {
    return "fleetstop.call";
  }
}
