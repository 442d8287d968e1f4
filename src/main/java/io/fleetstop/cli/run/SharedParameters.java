package io.fleetstop.cli.run;

import io.fleetstop.cli.options.FilterArguments.TagMatch;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.select.ServiceTarget;
import io.fleetstop.credentials.CallerIdentity;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Waves;
import io.fleetstop.redis.SharedRunParameters;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The parameters of a shared run that a command line asks for. */
public final class SharedParameters {

  private final StopArguments options;
  private final ShutdownOptions shutdown;
  private final ServiceTarget target;

  public SharedParameters(StopArguments options, ShutdownOptions shutdown, ServiceTarget target) {
    this.options = options;
    this.shutdown = shutdown;
    this.target = target;
  }

  /**
   * Returns the parameters of a machine that selects the instances.
   *
   * @param selection the digest of what it selects
   */
  public SharedRunParameters selecting(Waves waves, Duration wavePause, String selection) {
    TagMatch tag = protectTag();
    return placed(
        SharedRunParameters.of(shutdown, waves, wavePause, selection)
            .protectedBy(tag == null ? "" : tag.key(), tag == null ? null : tag.value()));
  }

  /**
   * Returns the parameters of a machine that joins: those of the run, except those that its command
   * line names. A tag of its own protects beside that of the run.
   */
  public SharedRunParameters joining(SharedRunParameters run) {
    boolean unprotected = protectTag() == null;
    return placed(
        new SharedRunParameters(
            shutdown.scope(),
            options.how.force || run.forceStop(),
            options.how.stoppedMode == null ? run.stoppedMode() : options.how.stoppedMode,
            options.how.dryRun || run.dryRun(),
            run.awaitStopped() && !options.waiting.noWait,
            options.safety.maxFailures == null ? run.failureLimit() : options.safety.maxFailures,
            run.waves(),
            run.wavePause(),
            run.waveSizes(),
            run.beyondWaves(),
            run.selection(),
            null,
            null,
            unprotected ? "" : run.protectTag(),
            unprotected ? null : run.protectValue()));
  }

  private @Nullable TagMatch protectTag() {
    return options.exempt.tag(options.where.isSimulated());
  }

  /** The ids of another account or service are not found here, and would fail the run. */
  private SharedRunParameters placed(SharedRunParameters parameters) {
    CallerIdentity identity = target.knownIdentity();
    return parameters.at(
        identity == null ? null : identity.accountId(), SharedRunText.endpoint(target));
  }
}
