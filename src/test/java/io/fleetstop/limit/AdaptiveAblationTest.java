package io.fleetstop.limit;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.limit.SimulatedQuota.Caller;
import io.fleetstop.limit.SimulatedQuota.Shape;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * What each rule of the adaptive pace is worth: each is taken out in turn, and the same fleets are
 * stopped with the same seeds, in virtual time. {@code -Dablation.seeds=48} for the published
 * figures, which go to {@code target/ablation.md}.
 */
@Tag("long")
class AdaptiveAblationTest {

  private static final int SEEDS = Integer.getInteger("ablation.seeds", 2);
  private static final double LEAST_WORTH = 0.2;

  /** A rule by name, and the constants that take it out. */
  private static final Map<String, Map<String, Double>> RULES = rules();

  private static Map<String, Map<String, Double>> rules() {
    double never = Double.POSITIVE_INFINITY;
    Map<String, Map<String, Double>> rules = new LinkedHashMap<>();
    rules.put("one decrease per epoch", Map.of("epochSeconds", 0.0));
    rules.put("slow start grows faster after two doublings", Map.of("slowDoublings", never));
    rules.put("search doubles slowly", Map.of("searchDoublingSeconds", 0.4));
    rules.put("search is resumed sooner than a probe", Map.of("searchProbeDelaySeconds", 5.8));
    rules.put("approach to the estimate", Map.of("approachSeconds", 0.0));
    rules.put("growth beyond the estimate", Map.of("steadyGrowthPerSecond", 0.0));
    rules.put("probes", Map.of("steadyProbeDelaySeconds", never, "searchProbeDelaySeconds", never));
    rules.put("a rejected probe keeps the estimate", Map.of("unchangedFactor", 0.0));
    rules.put("longest step of growth", Map.of("longestStepSeconds", never));
    rules.put("margin of half a call", Map.of("marginCalls", 0.0));
    rules.put("the count caps the estimate", Map.of("countedSeconds", never, "farOffShare", never));
    rules.put("the count is used at once when far off", Map.of("farOffShare", never));
    rules.put("correction by the delivery rate", Map.of("heavyMinRejected", never));
    rules.put("correction allows for a burst", Map.of("heavyEstimate", 1.0));
    rules.put("hold in a spent window", Map.of("holdPermits", 0.0));
    rules.put("stalls are no congestion", Map.of("stallReplies", never));
    return rules;
  }

  /** Of one fleet: the per cent of the quota that were used, and of the calls that were refused. */
  private record Figures(double used, double refused) {

    static Figures mean(List<Figures> all) {
      return new Figures(
          all.stream().mapToDouble(Figures::used).average().orElseThrow(),
          all.stream().mapToDouble(Figures::refused).average().orElseThrow());
    }

    /** Returns what is lost in points without a rule, in use or in refusals. */
    double lostTo(Figures without) {
      return Math.max(used - without.used, without.refused - refused);
    }
  }

  private interface Fleet {
    Figures stop(int seed, AdaptiveTuning tuning);
  }

  private static final Map<String, Fleet> QUOTAS = quotas();

  private static Map<String, Fleet> quotas() {
    Map<String, Fleet> quotas = new LinkedHashMap<>();
    for (int quota : new int[] {5, 20, 50, 500}) {
      quotas.put(
          "bucket-" + quota, (seed, t) -> constant(Shape.TOKEN_BUCKET, quota, 0, 0, seed, t));
      quotas.put(
          "window-" + quota, (seed, t) -> constant(Shape.FIXED_WINDOWS, quota, 0, 0, seed, t));
    }
    quotas.put("changing", AdaptiveAblationTest::changing);
    quotas.put("pausing", AdaptiveAblationTest::pausing);
    quotas.put("stalling", (seed, t) -> constant(Shape.TOKEN_BUCKET, 90, 7, 0.2, seed, t));
    quotas.put("hanging", (seed, t) -> constant(Shape.TOKEN_BUCKET, 20, 30, 8, seed, t));
    return quotas;
  }

  private static Figures constant(
      Shape shape,
      int quota,
      double stallEvery,
      double stallSeconds,
      int seed,
      AdaptiveTuning tuning) {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    SimulatedQuota service = new SimulatedQuota(time, seed, shape, at -> quota);
    if (stallSeconds > 0) {
      service.stall(stallEvery, stallSeconds);
    }
    Caller caller = service.start(adaptive(time, Math.max(100, 2 * quota), tuning), quota * 60);
    service.finish(caller);
    time.dispose();
    double seconds = Double.isNaN(caller.endedAt) ? 300 : caller.endedAt;
    return new Figures(100 * 60 / seconds, 100 * caller.refusedShare());
  }

  private static Figures changing(int seed, AdaptiveTuning tuning) {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    SimulatedQuota service =
        new SimulatedQuota(
            time,
            seed,
            seed % 2 == 0 ? Shape.TOKEN_BUCKET : Shape.FIXED_WINDOWS,
            at -> at < 20 ? 50 : at < 40 ? 20 : 80);
    int calls = 20 * 50 + 20 * 20 + 20 * 80;
    Caller caller = service.start(adaptive(time, 100, tuning), calls);
    service.finish(caller);
    time.dispose();
    double seconds = Double.isNaN(caller.endedAt) ? 300 : caller.endedAt;
    return new Figures(100 * 60 / seconds, 100 * caller.refusedShare());
  }

  /**
   * Six small fleets through one limiter with pauses between them, as an application makes them.
   */
  private static Figures pausing(int seed, AdaptiveTuning tuning) {
    int quota = 50;
    Duration pause = Duration.ofSeconds(20);
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    SimulatedQuota service = new SimulatedQuota(time, seed, Shape.TOKEN_BUCKET, at -> quota);
    RateLimiter limiter = adaptive(time, 4 * quota, tuning);
    double seconds = 0;
    double accepted = 0;
    double refused = 0;
    for (int fleet = 0; fleet < 6; fleet++) {
      double startedAt = service.now();
      Caller caller = service.start(limiter, 10 * quota);
      service.finish(caller);
      seconds += (Double.isNaN(caller.endedAt) ? 300 : caller.endedAt) - startedAt;
      accepted += caller.accepted.size();
      refused += caller.refused.size();
      time.advanceTimeBy(pause);
    }
    time.dispose();
    return new Figures(100 * accepted / quota / seconds, 100 * refused / (accepted + refused));
  }

  private static RateLimiter adaptive(
      VirtualTimeScheduler time, double ceiling, AdaptiveTuning tuning) {
    return RateLimiter.adaptive(
        AdaptiveOptions.builder().ceiling(ceiling).scheduler(() -> time).tuning(tuning).build());
  }

  private static AdaptiveTuning without(Map<String, Double> changes) {
    RecordComponent[] components = AdaptiveTuning.class.getRecordComponents();
    try {
      Object[] values = new Object[components.length];
      for (int i = 0; i < values.length; i++) {
        Object value = components[i].getAccessor().invoke(AdaptiveTuning.DEFAULT);
        values[i] = changes.getOrDefault(components[i].getName(), (Double) value);
      }
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      return AdaptiveTuning.class.getDeclaredConstructor(types).newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("A tuning could not be copied.", e);
    }
  }

  private static Figures measure(Fleet fleet, AdaptiveTuning tuning) {
    return Figures.mean(
        IntStream.range(0, SEEDS).parallel().mapToObj(seed -> fleet.stop(seed, tuning)).toList());
  }

  @Test
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  void everyRule_isWorthItsPlace() throws Exception {
    StringBuilder table = new StringBuilder("| without | " + String.join(" | ", QUOTAS.keySet()));
    table.append(" | worth |\n|---|").append("---:|".repeat(QUOTAS.size() + 1)).append('\n');
    Map<String, Figures> usual = new LinkedHashMap<>();
    QUOTAS.forEach((name, fleet) -> usual.put(name, measure(fleet, AdaptiveTuning.DEFAULT)));
    table.append(row("nothing: used, refused", usual)).append(" |\n");
    List<String> worthless = new ArrayList<>();
    RULES.forEach(
        (rule, changes) -> {
          AdaptiveTuning tuning = without(changes);
          Map<String, Figures> figures = new LinkedHashMap<>();
          QUOTAS.forEach((name, fleet) -> figures.put(name, measure(fleet, tuning)));
          double worth =
              figures.entrySet().stream()
                  .mapToDouble(
                      quota -> requireNonNull(usual.get(quota.getKey())).lostTo(quota.getValue()))
                  .max()
                  .orElseThrow();
          table.append(row(rule, figures));
          table.append(String.format(Locale.ROOT, " | %.2f |%n", worth));
          if (worth < LEAST_WORTH) {
            worthless.add(rule);
          }
        });
    Files.writeString(Path.of("target/ablation.md"), table);
    assertThat(worthless).as("rules without use, with %d seeds: %n%s", SEEDS, table).isEmpty();
  }

  private static String row(String name, Map<String, Figures> figures) {
    StringBuilder row = new StringBuilder("| " + name);
    figures
        .values()
        .forEach(f -> row.append(String.format(Locale.ROOT, " | %.1f, %.1f", f.used, f.refused)));
    return row.toString();
  }
}
