package io.fleetstop.benchmarks.call;

import io.fleetstop.benchmarks.Row.Measure;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The measurements of a worker in one run. */
record Sample(long calls, long nanos, long cpuNanos, long bytes, long medianNanos, long p99Nanos) {

  /** The prefix of a worker's line. */
  static final String MARK = "measured ";

  static Sample parse(String line) {
    String[] words = line.substring(MARK.length()).split(" ");
    return new Sample(
        Long.parseLong(words[0]),
        Long.parseLong(words[1]),
        Long.parseLong(words[2]),
        Long.parseLong(words[3]),
        Long.parseLong(words[4]),
        Long.parseLong(words[5]));
  }

  /** The median of each figure. */
  static Map<Measure, Double> medians(List<Sample> samples) {
    Map<Measure, Double> figures = new EnumMap<>(Measure.class);
    figures.put(Measure.TIME, median(samples, Sample::medianNanos));
    figures.put(Measure.P99, median(samples, Sample::p99Nanos));
    figures.put(Measure.RATE, median(samples, sample -> 1e9 * sample.calls / sample.nanos));
    figures.put(Measure.CPU, median(samples, sample -> (double) sample.cpuNanos / sample.calls));
    figures.put(Measure.BYTES, median(samples, sample -> (double) sample.bytes / sample.calls));
    return figures;
  }

  private static double median(List<Sample> samples, ToDoubleFunction<Sample> figure) {
    double[] sorted = samples.stream().mapToDouble(figure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
