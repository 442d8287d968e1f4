package io.fleetstop.simulator;

import io.fleetstop.error.Preconditions;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The initial state of a simulated instance. Immutable.
 *
 * <p>{@code STARTING}, {@code REBOOTING}, {@code REBUILDING}, {@code RESIZING} and {@code CREATING}
 * become {@code RUNNING}, {@code STOPPING} becomes {@code STOPPED}, and an instance in {@code
 * DELETING} is deleted. Every other status is permanent.
 */
public final class SimulatedInstance {

  /** A century, which fits into nanoseconds, and is longer than any delay that can be set. */
  private static final Duration FOREVER = Duration.ofDays(36_500);

  private final String id;
  private final String status;
  private final String name;
  private final String chargeType;
  private final String instanceTypeId;
  private final @Nullable String zoneId;
  private final String vpcId;
  private final String projectName;
  private final Map<String, String> tags;
  private final Map<Condition, Duration> conditions;
  private final @Nullable Duration stopDelay;
  private final @Nullable Duration startDelay;

  private SimulatedInstance(Builder builder) {
    this.id = builder.id;
    this.status = builder.status;
    this.name = builder.name;
    this.chargeType = builder.chargeType;
    this.instanceTypeId = builder.instanceTypeId;
    this.zoneId = builder.zoneId;
    this.vpcId = builder.vpcId;
    this.projectName = builder.projectName;
    // Compact: a million instances with hash tables of their own take half a gigabyte more.
    this.tags = Map.copyOf(builder.tags);
    this.conditions = Map.copyOf(builder.conditions);
    this.stopDelay = builder.stopDelay;
    this.startDelay = builder.startDelay;
  }

  /** A builder for a running instance. */
  public static Builder builder(String id) {
    return new Builder(id);
  }

  /** An instance in a status, with defaults for everything else. */
  public static SimulatedInstance of(String id, String status) {
    return builder(id).status(status).build();
  }

  /** The id. */
  public String id() {
    return id;
  }

  String status() {
    return status;
  }

  String name() {
    return name;
  }

  String chargeType() {
    return chargeType;
  }

  String instanceTypeId() {
    return instanceTypeId;
  }

  @Nullable String zoneId() {
    return zoneId;
  }

  String vpcId() {
    return vpcId;
  }

  String projectName() {
    return projectName;
  }

  Map<String, String> tags() {
    return tags;
  }

  Map<Condition, Duration> conditions() {
    return conditions;
  }

  @Nullable Duration stopDelay() {
    return stopDelay;
  }

  @Nullable Duration startDelay() {
    return startDelay;
  }

  /**
   * A generated instance. Names, zones, VPCs, projects and tags cycle with different periods, so
   * that filters on them overlap.
   */
  static SimulatedInstance generated(int number, String region) {
    String digits = Integer.toString(number);
    return builder("i-sim" + "0".repeat(10 - digits.length()) + digits)
        .name("sim-" + digits)
        .zoneId((region + "-" + pick(number, "a", "b", "c")).intern())
        .vpcId(pick(number / 5, "vpc-sim01", "vpc-sim02"))
        .projectName(pick(number / 3, "default", "batch", "web"))
        .tag("env", pick(number / 9, "dev", "staging", "prod"))
        .tag("role", pick(number, "web", "worker"))
        .build();
  }

  private static String pick(int number, String... values) {
    return values[number % values.length];
  }

  /** Whether the duration means forever. */
  static boolean isForever(Duration duration) {
    return duration.equals(FOREVER);
  }

  @Override
  public String toString() {
    return "SimulatedInstance[" + id + ", " + status + "]";
  }

  /** Builds an instance. Not thread-safe. */
  public static final class Builder {

    private final String id;
    private String status = "RUNNING";
    private String name;
    private String chargeType = "PostPaid";
    private String instanceTypeId = "ecs.g3i.large";
    private @Nullable String zoneId;
    private String vpcId = "vpc-sim01";
    private String projectName = "default";
    private final Map<String, String> tags = new HashMap<>();
    private final Map<Condition, Duration> conditions = new EnumMap<>(Condition.class);
    private @Nullable Duration stopDelay;
    private @Nullable Duration startDelay;

    private Builder(String id) {
      this.id = InstanceId.of(id).value();
      this.name = id;
    }

    /**
     * Sets the status as the service writes it, which may be undocumented. Default: {@code
     * RUNNING}.
     *
     * @throws IllegalArgumentException if {@code status} is blank
     */
    public Builder status(String status) {
      if (status.isBlank()) {
        throw new IllegalArgumentException("status must not be blank");
      }
      this.status = status;
      return this;
    }

    /** Sets the name. Default: the id. */
    public Builder name(String name) {
      this.name = Objects.requireNonNull(name, "name");
      return this;
    }

    /**
     * Sets the charge type; any other than the default rejects {@code StopCharging} with {@code
     * InvalidStoppedMode.ChargeTypeMismatch}. Default: {@code PostPaid}.
     */
    public Builder chargeType(String chargeType) {
      this.chargeType = Objects.requireNonNull(chargeType, "chargeType");
      return this;
    }

    /** Sets the instance type. Default: {@code ecs.g3i.large}. */
    public Builder instanceTypeId(String instanceTypeId) {
      this.instanceTypeId = Objects.requireNonNull(instanceTypeId, "instanceTypeId");
      return this;
    }

    /** Sets the zone. Default: the first of the region. */
    public Builder zoneId(String zoneId) {
      this.zoneId = Objects.requireNonNull(zoneId, "zoneId");
      return this;
    }

    /** Sets the VPC. Default: {@code vpc-sim01}. */
    public Builder vpcId(String vpcId) {
      this.vpcId = Objects.requireNonNull(vpcId, "vpcId");
      return this;
    }

    /** Sets the project. Default: {@code default}. */
    public Builder projectName(String projectName) {
      this.projectName = Objects.requireNonNull(projectName, "projectName");
      return this;
    }

    /** Adds a tag, replacing one with the same key. Default: none. */
    public Builder tag(String key, String value) {
      tags.put(key, value);
      return this;
    }

    /** Adds a permanent condition. Default: none. */
    public Builder condition(Condition condition) {
      conditions.put(condition, FOREVER);
      return this;
    }

    /**
     * Adds a condition that ends this long after the simulator started. Default: none.
     *
     * @throws IllegalArgumentException if {@code lasting} is not 1 ms to 365 days
     */
    public Builder condition(Condition condition, Duration lasting) {
      conditions.put(condition, Preconditions.positive("lasting", lasting));
      return this;
    }

    /**
     * Sets the duration of {@code STOPPING} and {@code DELETING}. Default: that of the simulator.
     *
     * @throws IllegalArgumentException if {@code stopDelay} is not 0 to 365 days
     */
    public Builder stopDelay(Duration stopDelay) {
      this.stopDelay = Preconditions.notNegative("stopDelay", stopDelay);
      return this;
    }

    /**
     * Sets the duration of the other transient states. Default: that of the simulator.
     *
     * @throws IllegalArgumentException if {@code startDelay} is not 0 to 365 days
     */
    public Builder startDelay(Duration startDelay) {
      this.startDelay = Preconditions.notNegative("startDelay", startDelay);
      return this;
    }

    /**
     * Sets both durations to forever, as with a guest system that ignores the shutdown request.
     * Default: transient states end.
     */
    public Builder neverSettles() {
      this.stopDelay = FOREVER;
      this.startDelay = FOREVER;
      return this;
    }

    /** Returns the instance. */
    public SimulatedInstance build() {
      return new SimulatedInstance(this);
    }
  }
}
