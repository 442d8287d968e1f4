package io.fleetstop.simulated;

import java.util.Arrays;
import java.util.List;

/**
 * The trend of a series by the Theil-Sen estimator: the median of the slopes of all pairs, which is
 * robust against a third of outliers. Pure functions.
 */
final class Trend {

  /** A longer series is thinned out, to bound the number of pairs. */
  private static final int MAX_READINGS = 400;

  private Trend() {}

  /** The growth from the first to the last reading. */
  static double growth(List<Double> readings) {
    if (readings.size() < 3) {
      throw new IllegalArgumentException(
          "a trend needs 3 readings or more, has " + readings.size());
    }
    double[] values = thinned(readings);
    double[] slopes = new double[values.length * (values.length - 1) / 2];
    int filled = 0;
    for (int i = 0; i < values.length; i++) {
      for (int j = i + 1; j < values.length; j++) {
        slopes[filled++] = (values[j] - values[i]) / (j - i);
      }
    }
    return median(slopes) * (values.length - 1);
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  private static double[] thinned(List<Double> readings) {
    int step = Math.max(1, (readings.size() + MAX_READINGS - 1) / MAX_READINGS);
    double[] values = new double[readings.size() / step];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          median(
              readings.subList(i * step, (i + 1) * step).stream()
                  .mapToDouble(Double::doubleValue)
                  .toArray());
    }
    return values;
  }
}
