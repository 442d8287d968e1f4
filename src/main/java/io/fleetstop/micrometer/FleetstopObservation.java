package io.fleetstop.micrometer;

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.docs.ObservationDocumentation;

/** The names of what is observed. */
public enum FleetstopObservation implements ObservationDocumentation {

  /**
   * A call, from its subscription to its end, with its waiting and its retries. As a metric: the
   * timer {@code fleetstop.call}, the long task timer {@code fleetstop.call.active}, and a counter
   * for each of {@link Events}.
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

  /** What tells calls apart in metrics and traces: each has few values. */
  public enum LowCardinality implements KeyName {
    /** The action, {@code StopInstance} for one. */
    ACTION("action"),

    /** The region. */
    REGION("region"),

    /**
     * {@code SUCCESS}, {@code CANCELLED}, the category of the error that ended the call, or {@code
     * RUNNING} before its end.
     */
    OUTCOME("outcome"),

    /**
     * The documented code of the error that ended the call, {@code other} for one that nobody
     * documented, or {@code none}. In the counter of retries: that of the try that failed.
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

  /** What is told of one call in traces alone. */
  public enum HighCardinality implements KeyName {
    /** The instance that the action names. */
    INSTANCE_ID("instance.id"),

    /** The service's id of the last request it answered. */
    REQUEST_ID("request.id"),

    /** How many tries were begun. */
    ATTEMPTS("attempts"),

    /** Whether the service may have acted, of a call that did not succeed. */
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

  /** What happens in the course of a call. As a metric: a counter after the name of the call. */
  public enum Events implements Observation.Event {
    /** The waiting is over, and the request of a try leaves: {@code fleetstop.call.sent}. */
    SENT("sent", "sent, try %s"),

    /** A try failed, and another follows after its delay: {@code fleetstop.call.retry}. */
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
