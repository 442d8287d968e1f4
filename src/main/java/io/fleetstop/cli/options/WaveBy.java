package io.fleetstop.cli.options;

import io.fleetstop.fleet.WaveOrder;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converts {@code share} and {@code target} to the order of waves. */
final class WaveBy implements ITypeConverter<WaveOrder> {

  private static final String SHARE = "share";
  private static final String TARGET = "target";

  /** The words, for completion. */
  static final class Words implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return List.of(SHARE, TARGET).iterator();
    }
  }

  @Override
  public WaveOrder convert(String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case SHARE -> WaveOrder.PROPORTIONAL;
      case TARGET -> WaveOrder.BY_TARGET;
      default ->
          throw new TypeConversionException("must be share or target, was \"" + value + "\"");
    };
  }
}
