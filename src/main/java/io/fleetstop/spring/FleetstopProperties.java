package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.VolcengineEndpoints;
import io.fleetstop.error.Preconditions;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.limit.AdaptiveOptions;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.poll.AwaitOptions;
import io.fleetstop.retry.RetryBudget;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.TransportOptions;
import io.fleetstop.transport.TransportOptions.Protocol;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The properties below {@code fleetstop}. An invalid value fails the start, by field and rule.
 *
 * @param region region to call, for example cn-beijing; default: VOLCENGINE_REGION
 * @param endpoint URL of the service; default: the endpoint of the region
 * @param account name of the account in shared rate limits; never an access key id
 * @param maxInFlight maximum number of concurrent requests
 * @param maxOpenInstances maximum number of instances that all fleet runs have open together
 * @param closeTimeout time that calls in flight have to finish when the application stops
 * @param credentials source of credentials
 * @param retry retries of a call
 * @param pace rate limits of StopInstance and DescribeInstances
 * @param transport HTTP connections
 * @param shutdown shutdown of fleets
 * @param health health indicator of the client
 */
@ConfigurationProperties("fleetstop")
public record FleetstopProperties(
    @Nullable String region,
    @Nullable URI endpoint,
    @DefaultValue("default") String account,
    @DefaultValue("64") Integer maxInFlight,
    @DefaultValue("100000") Integer maxOpenInstances,
    @DefaultValue("20s") Duration closeTimeout,
    @NestedConfigurationProperty @DefaultValue CredentialsProperties credentials,
    @DefaultValue Retry retry,
    @DefaultValue Pace pace,
    @DefaultValue Transport transport,
    @DefaultValue Shutdown shutdown,
    @DefaultValue Health health) {

  // Numbers and switches are boxed: a blank value is unset, and has the default.

  /** Validates every group with the checks of the class that it configures. */
  public FleetstopProperties {
    String givenRegion = region == null || region.isBlank() ? null : region;
    String givenAccount = account.isBlank() ? "default" : account;
    region = givenRegion;
    account = givenAccount;
    check("fleetstop", () -> Preconditions.notNegative("closeTimeout", closeTimeout));
    check(
        "fleetstop",
        () -> clientBuilder(givenRegion, endpoint, givenAccount, maxInFlight, maxOpenInstances));
    check(
        "fleetstop.credentials.metadata",
        credentials.metadata()::options,
        Map.of("deadline", "timeout"));
    check("fleetstop.credentials", () -> credentials.provider(TransportOptions::defaults));
    check("fleetstop.retry", retry::policy);
    check("fleetstop.retry", retry::sharedBudget, Map.of("retries", "budget"));
    check(
        "fleetstop.pace",
        pace::stopLimiter,
        Map.of(
            "permitsPerSecond",
            "rate",
            "ceiling",
            "max-rate",
            "floor",
            "max-rate",
            "initialRate",
            "max-rate"));
    check(
        "fleetstop.pace",
        pace::describeLimiter,
        Map.of(
            "ceiling",
            "max-describe-rate",
            "floor",
            "max-describe-rate",
            "initialRate",
            "max-describe-rate"));
    check("fleetstop.transport", transport::options);
    check(
        "fleetstop.shutdown",
        shutdown::options,
        Map.of("maxPollInterval", "poll-interval", "timeout", "stop-timeout"));
  }

  private static void check(String group, Supplier<?> source) {
    check(group, source, Map.of());
  }

  private static void check(String group, Supplier<?> source, Map<String, String> otherNames) {
    try {
      Object unused = source.get();
    } catch (IllegalArgumentException e) {
      String rule = PropertyRules.inPropertyNames(String.valueOf(e.getMessage()), otherNames);
      // Its own message has the names of fields, which a configuration file does not.
      throw new InvalidPropertyException(group, rule, e.getCause());
    }
  }

  /** Returns the endpoint of ECS in a region. */
  URI endpointFor(String inRegion) {
    return endpoint != null ? endpoint : VolcengineEndpoints.defaults().resolve("ecs", inRegion);
  }

  /** Returns what {@code info} shows of a client. */
  Map<String, String> info(String inRegion) {
    Map<String, String> info = new LinkedHashMap<>();
    info.put("region", inRegion);
    info.put("endpoint", endpointFor(inRegion).toString());
    info.put("account", account);
    info.put("stopInstanceRate", pace.describe());
    return info;
  }

  /** Returns a builder with the properties of the client itself. */
  EcsClientBuilder clientBuilder() {
    return clientBuilder(region, endpoint, account, maxInFlight, maxOpenInstances);
  }

  private static EcsClientBuilder clientBuilder(
      @Nullable String region,
      @Nullable URI endpoint,
      String account,
      int maxInFlight,
      int maxOpenInstances) {
    EcsClientBuilder builder =
        EcsClient.builder()
            .account(account)
            .maxInFlight(maxInFlight)
            .maxOpenInstances(maxOpenInstances);
    if (endpoint != null) {
      builder.endpoint(endpoint);
    }
    return region == null ? builder : builder.region(region);
  }

  /**
   * Retries of a call.
   *
   * @param maxAttempts maximum number of attempts per call, the first included
   * @param deadline maximum duration of a call, waits and retries included
   * @param attemptTimeout maximum duration of one attempt
   * @param budget retries after failures that the calls of a client share; default: 35, or
   *     fleetstop.max-in-flight if that is more
   */
  public record Retry(
      @DefaultValue("4") Integer maxAttempts,
      @DefaultValue("2m") Duration deadline,
      @DefaultValue("10s") Duration attemptTimeout,
      @Nullable Integer budget) {

    @Nullable RetryBudget sharedBudget() {
      return budget == null ? null : RetryBudget.ofRetries(budget);
    }

    RetryPolicy policy() {
      return RetryPolicy.builder()
          .maxAttempts(maxAttempts)
          .deadline(deadline)
          .attemptTimeout(attemptTimeout)
          .build();
    }
  }

  /**
   * Rate limits of an account. Without a rate they adapt to the service's quota.
   *
   * @param rate fixed rate of StopInstance in calls per second, for a known quota; excludes
   *     max-rate; default: adaptive
   * @param burst calls that may be made at once after an idle period, with a fixed rate
   * @param maxRate upper bound of the adaptive rate of StopInstance in calls per second; excludes
   *     rate; default: 100
   * @param maxDescribeRate upper bound of the adaptive rate of DescribeInstances in calls per
   *     second, each for up to 100 instances
   */
  public record Pace(
      @Nullable Double rate,
      @DefaultValue("1") Integer burst,
      @Nullable Double maxRate,
      @DefaultValue("50") Double maxDescribeRate) {

    /** Returns the standard limiters, with the rate limits of the accounts for StopInstance. */
    static RateLimiterRegistry rateLimiters(Map<String, Pace> accounts, Pace others) {
      RateLimiterRegistry standard = RateLimiterRegistry.standard();
      return RateLimiterRegistry.of(
          scope -> {
            Pace pace = accounts.getOrDefault(scope.account(), others);
            return switch (scope.action()) {
              case "StopInstance", "StopInstances", "StartInstance" -> pace.stopLimiter();
              case "DescribeInstances" -> pace.describeLimiter();
              default -> standard.limiter(scope);
            };
          });
    }

    String describe() {
      return (rate != null ? rate + "/s" : "adaptive, at most " + ceiling() + "/s")
          + (maxDescribeRate == RateLimiterRegistry.DEFAULT_DESCRIBE_CEILING
              ? ""
              : "; DescribeInstances: adaptive, at most " + maxDescribeRate + "/s");
    }

    double ceiling() {
      return maxRate != null ? maxRate : AdaptiveOptions.DEFAULT_CEILING;
    }

    RateLimiter stopLimiter() {
      if (rate != null && maxRate != null) {
        throw new IllegalArgumentException(
            "rate must not be set together with maxRate: a fixed rate has no upper bound; remove"
                + " one of them");
      }
      Preconditions.positive("burst", burst); // also while the adaptive rate does not use it
      return rate != null
          ? RateLimiter.tokenBucket(rate, burst)
          : RateLimiter.adaptive(AdaptiveOptions.builder().ceiling(ceiling()).build());
    }

    RateLimiter describeLimiter() {
      return RateLimiterRegistry.describeLimiter(maxDescribeRate);
    }
  }

  /**
   * HTTP connections of the client.
   *
   * @param protocol preferred HTTP version
   * @param connectTimeout maximum duration of a TCP connect
   * @param tlsHandshakeTimeout maximum duration of a TLS handshake
   * @param responseTimeout maximum gap between two reads of a reply
   * @param poolAcquireTimeout maximum wait for a pooled connection
   * @param maxIdleTime idle time after which a connection is closed
   * @param maxBodySize maximum size of a reply's body
   * @param maxHeaderSize maximum size of a reply's headers
   * @param applicationName product that is appended to the User-Agent header
   * @param proxyFromEnvironment whether to use HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY and
   *     the proxy properties of the JVM
   * @param ssl certificates of secure connections
   */
  public record Transport(
      @DefaultValue("http-1-1") Protocol protocol,
      @DefaultValue("5s") Duration connectTimeout,
      @DefaultValue("5s") Duration tlsHandshakeTimeout,
      @DefaultValue("10s") Duration responseTimeout,
      @DefaultValue("10s") Duration poolAcquireTimeout,
      @DefaultValue("30s") Duration maxIdleTime,
      @DefaultValue("1MB") DataSize maxBodySize,
      @DefaultValue("16KB") DataSize maxHeaderSize,
      @DefaultValue("") String applicationName,
      @DefaultValue("false") Boolean proxyFromEnvironment,
      @DefaultValue Ssl ssl) {

    /**
     * Certificates of secure connections.
     *
     * @param bundle name of a bundle below spring.ssl.bundle with the trusted certificates, the
     *     client's key, or both; default: the certificates of the JDK and no key
     */
    public record Ssl(@Nullable String bundle) {}

    TransportOptions options() {
      TransportOptions.Builder builder =
          TransportOptions.builder()
              .protocol(protocol)
              .connectTimeout(connectTimeout)
              .tlsHandshakeTimeout(tlsHandshakeTimeout)
              .responseTimeout(responseTimeout)
              .poolAcquireTimeout(poolAcquireTimeout)
              .maxIdleTime(maxIdleTime)
              .maxBodyBytes(bytes("maxBodySize", maxBodySize))
              .maxHeaderBytes(bytes("maxHeaderSize", maxHeaderSize))
              .applicationName(applicationName);
      return (proxyFromEnvironment ? builder.proxyFromEnvironment() : builder).build();
    }

    private static int bytes(String field, DataSize size) {
      if (size.toBytes() < 1 || size.toBytes() > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(field + " must be 1 byte to 2 GB, was " + size);
      }
      return (int) size.toBytes();
    }
  }

  /**
   * Shutdown of fleets.
   *
   * @param forceStop whether to power off instead of shutting down the guest system
   * @param stoppedMode billing of the stopped instance
   * @param dryRun whether to only validate each request
   * @param awaitStopped whether an outcome waits until the service reports the instance stopped
   * @param stopTimeout time an accepted instance has to reach the stopped state
   * @param runDeadline time after which a run is drained; none without a value
   * @param pollInterval delay between two polls of the instances that are stopping
   * @param busyTimeout time an instance may be locked by another operation
   * @param maxInFlight maximum number of concurrent stop calls
   * @param batchSize maximum number of instances of one stop call, 1 to 100
   * @param maxOpen maximum number of instances between start and outcome
   * @param maxFailures failures that end a run: a number, or a percentage of the outcomes
   * @param protectTag key of the tag that protects an instance, with any value; empty for none
   */
  public record Shutdown(
      @DefaultValue("false") Boolean forceStop,
      @DefaultValue("keep-charging") StoppedMode stoppedMode,
      @DefaultValue("false") Boolean dryRun,
      @DefaultValue("true") Boolean awaitStopped,
      @DefaultValue("10m") Duration stopTimeout,
      @Nullable Duration runDeadline,
      @DefaultValue("2s") Duration pollInterval,
      @DefaultValue("2m") Duration busyTimeout,
      @DefaultValue("64") Integer maxInFlight,
      @DefaultValue("1") Integer batchSize,
      @DefaultValue("1000") Integer maxOpen,
      @DefaultValue(MAX_FAILURES) String maxFailures,
      @DefaultValue(ShutdownOptions.PROTECT_TAG) String protectTag) {

    private static final String MAX_FAILURES = "20%";

    /** What YAML makes of on, off, yes and no. */
    private static final Set<String> SWITCHES = Set.of("true", "false");

    ShutdownOptions options() {
      ShutdownOptions.Builder builder = ShutdownOptions.builder();
      if (runDeadline != null) {
        builder.runDeadline(runDeadline);
      }
      if (pollInterval.compareTo(AwaitOptions.defaults().maxPollInterval()) > 0) {
        builder.awaitOptions(wait -> wait.maxPollInterval(pollInterval)); // no property sets it
      }
      return builder
          .forceStop(forceStop)
          .stoppedMode(stoppedMode)
          .dryRun(dryRun)
          .awaitStopped(awaitStopped)
          .awaitOptions(wait -> wait.timeout(stopTimeout).pollInterval(pollInterval))
          .busyTimeout(busyTimeout)
          .maxInFlight(maxInFlight)
          .batchSize(batchSize)
          .maxOpen(maxOpen)
          .failureLimit(failureLimit(maxFailures.isBlank() ? MAX_FAILURES : maxFailures))
          .protectTag(requireKey(protectTag))
          .build();
    }

    /** A switch in place of the key would leave every instance unprotected. */
    private static String requireKey(String protectTag) {
      if (SWITCHES.contains(protectTag.toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException(
            "protectTag must be the key of a tag, or empty for no protection, was \""
                + protectTag
                + "\"; remove it to use "
                + ShutdownOptions.PROTECT_TAG);
      }
      return protectTag;
    }

    private static FailureLimit failureLimit(String text) {
      boolean percentage = text.endsWith("%");
      try {
        return percentage
            ? FailureLimit.percent(Double.parseDouble(text.substring(0, text.length() - 1)))
            : FailureLimit.count(Long.parseLong(text));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "maxFailures must be a whole number such as 10, or 0% to 100%, was \"" + text + "\"",
            e);
      }
    }
  }

  /**
   * Health indicator of the client.
   *
   * @param resolveCredentials whether to resolve credentials, which may call their source
   */
  public record Health(@DefaultValue("false") Boolean resolveCredentials) {}
}
