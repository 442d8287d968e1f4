package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.VolcengineEndpoints;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.limit.AdaptiveOptions;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.TransportOptions;
import io.fleetstop.transport.TransportOptions.Protocol;
import java.net.URI;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The properties below {@code fleetstop}. Bound and checked when the application starts: a value
 * that no part of the client accepts fails the start, with the part's own words for field, rule and
 * value.
 *
 * @param region region that is called, as cn-beijing; without it there is no client
 * @param endpoint address of the service; the one of the region by default
 * @param account name for the account, for sharing rate limits; never an access key's id
 * @param maxInFlight requests that may be on the wire at once
 * @param closeTimeout how long calls in flight may take to finish when the application stops
 * @param credentials who calls
 * @param retry what is tried again
 * @param pace how fast StopInstance is called
 * @param transport how the client connects
 * @param shutdown how fleets are shut down
 */
@ConfigurationProperties("fleetstop")
public record FleetstopProperties(
    @Nullable String region,
    @Nullable URI endpoint,
    @DefaultValue("default") String account,
    @DefaultValue("64") int maxInFlight,
    @DefaultValue("20s") Duration closeTimeout,
    @NestedConfigurationProperty @DefaultValue CredentialsProperties credentials,
    @DefaultValue Retry retry,
    @DefaultValue Pace pace,
    @DefaultValue Transport transport,
    @DefaultValue Shutdown shutdown) {

  /** Rejects what no part of the client accepts, in that part's words. */
  public FleetstopProperties {
    if (closeTimeout.isNegative()) {
      throw new IllegalArgumentException(
          "fleetstop: closeTimeout must not be negative, was " + closeTimeout);
    }
    check("fleetstop", () -> builder(region, endpoint, account, maxInFlight));
    check("fleetstop.credentials", credentials::provider);
    check("fleetstop.retry", retry::policy);
    check("fleetstop.pace", pace::stopLimiter);
    check("fleetstop.transport", transport::options);
    check("fleetstop.shutdown", shutdown::options);
  }

  private static void check(String group, Supplier<?> part) {
    try {
      Object unused = part.get();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(group + ": " + e.getMessage(), e);
    }
  }

  /** Where requests to ECS in a region go. */
  URI address(String inRegion) {
    return endpoint != null ? endpoint : VolcengineEndpoints.defaults().resolve("ecs", inRegion);
  }

  /** A client with the properties that are its own. */
  EcsClientBuilder builder() {
    return builder(region, endpoint, account, maxInFlight);
  }

  private static EcsClientBuilder builder(
      @Nullable String region, @Nullable URI endpoint, String account, int maxInFlight) {
    EcsClientBuilder builder = EcsClient.builder().account(account).maxInFlight(maxInFlight);
    if (endpoint != null) {
      builder.endpoint(endpoint);
    }
    return region == null ? builder : builder.region(region);
  }

  /**
   * What is tried again.
   *
   * @param maxAttempts how often a call that fails is tried, the first try included
   * @param deadline how long a call may take, waits and retries included
   * @param attemptTimeout how long one exchange may take
   */
  public record Retry(
      @DefaultValue("4") int maxAttempts,
      @DefaultValue("2m") Duration deadline,
      @DefaultValue("10s") Duration attemptTimeout) {

    RetryPolicy policy() {
      return RetryPolicy.builder()
          .maxAttempts(maxAttempts)
          .deadline(deadline)
          .attemptTimeout(attemptTimeout)
          .build();
    }
  }

  /**
   * How fast StopInstance is called. Without a rate the pace is found as calls are made.
   *
   * @param rate fixed number of calls a second, for a quota that is known
   * @param burst calls in hand at first and after a pause, with a fixed rate
   * @param maxRate greatest number of calls a second, where the pace is found
   */
  public record Pace(
      @Nullable Double rate, @DefaultValue("1") int burst, @DefaultValue("100") double maxRate) {

    private static final String STOP = "StopInstance";

    /** The standard limiters, with this pace for the stop calls. */
    RateLimiterRegistry limiters() {
      RateLimiterRegistry others = RateLimiterRegistry.standard();
      return RateLimiterRegistry.of(
          scope -> scope.action().equals(STOP) ? stopLimiter() : others.limiter(scope));
    }

    RateLimiter stopLimiter() {
      return rate != null
          ? RateLimiter.tokenBucket(rate, burst)
          : RateLimiter.adaptive(
              AdaptiveOptions.builder()
                  .floor(Math.min(AdaptiveOptions.DEFAULT_FLOOR, maxRate))
                  .ceiling(maxRate)
                  .build());
    }
  }

  /**
   * How the client connects.
   *
   * @param protocol version of HTTP that is preferred
   * @param connectTimeout how long a TCP connection may take to be made
   * @param tlsHandshakeTimeout how long a TLS handshake may take
   * @param responseTimeout longest gap between two reads of a reply
   * @param poolAcquireTimeout how long a call may wait for a connection of the pool
   * @param maxIdleTime how long a connection may lie idle
   * @param maxBodySize largest reply that is accepted
   * @param maxHeaderSize longest headers of a reply that are accepted
   * @param applicationName what the User-Agent says after fleetstop's own part
   * @param proxyFromEnvironment whether HTTPS_PROXY, HTTP_PROXY and NO_PROXY are followed
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
      @DefaultValue("false") boolean proxyFromEnvironment) {

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
   * How fleets are shut down.
   *
   * @param forceStop whether to cut the power instead of asking the guests
   * @param stoppedMode what happens to the bill
   * @param dryRun whether to check each request only
   * @param awaitStopped whether an outcome waits until the service shows the instance as stopped
   * @param stopTimeout how long an instance may take to stop once the request was accepted
   * @param pollInterval how long after one look at the waiting instances the next one comes
   * @param busyTimeout how long an instance may be busy with another operation
   * @param maxInFlight stop calls that may run at once
   * @param maxOpen instances that may be open at once, from being taken up to their outcome
   * @param maxFailures failures that end a run, as a number or as a share of those answered
   */
  public record Shutdown(
      @DefaultValue("false") boolean forceStop,
      @DefaultValue("keep-charging") StoppedMode stoppedMode,
      @DefaultValue("false") boolean dryRun,
      @DefaultValue("true") boolean awaitStopped,
      @DefaultValue("10m") Duration stopTimeout,
      @DefaultValue("2s") Duration pollInterval,
      @DefaultValue("2m") Duration busyTimeout,
      @DefaultValue("64") int maxInFlight,
      @DefaultValue("1000") int maxOpen,
      @DefaultValue("20%") String maxFailures) {

    ShutdownOptions options() {
      return ShutdownOptions.builder()
          .forceStop(forceStop)
          .stoppedMode(stoppedMode)
          .dryRun(dryRun)
          .awaitStopped(awaitStopped)
          .stopTimeout(stopTimeout)
          .pollInterval(pollInterval)
          .busyTimeout(busyTimeout)
          .maxInFlight(maxInFlight)
          .maxOpen(maxOpen)
          .failureLimit(limit(maxFailures))
          .build();
    }

    private static FailureLimit limit(String text) {
      boolean isShare = text.endsWith("%");
      try {
        return isShare
            ? FailureLimit.share(Double.parseDouble(text.substring(0, text.length() - 1)))
            : FailureLimit.count(Long.parseLong(text));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "maxFailures must be a whole number, as 10, or 0% to 100%, was \"" + text + "\"", e);
      }
    }
  }
}
