package io.fleetstop.error;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All codes of {@link EcsErrors}, {@link GatewayErrors} and {@link ClientErrors}. */
public final class ErrorCatalogue {

  private static final List<ErrorCode> ENTRIES =
      Stream.of(EcsErrors.ALL, GatewayErrors.ALL, ClientErrors.ALL).flatMap(List::stream).toList();

  private static final Map<String, List<ErrorCode>> BY_CODE =
      ENTRIES.stream().collect(Collectors.groupingBy(ErrorCode::code));

  // The first entry of a number is its current name; older names of the same number come after it.
  private static final Map<Integer, ErrorCode> BY_NUMBER =
      ENTRIES.stream()
          .filter(entry -> entry.codeN() != null)
          .collect(
              Collectors.toMap(
                  entry -> Objects.requireNonNull(entry.codeN()),
                  Function.identity(),
                  (current, old) -> current));

  private ErrorCatalogue() {}

  /** Every entry: those of {@code StopInstance} first, the client's own last. */
  public static List<ErrorCode> entries() {
    return ENTRIES;
  }

  static @Nullable ErrorCode find(String code, @Nullable Integer codeN) {
    List<ErrorCode> layers = BY_CODE.get(code);
    if (layers == null) {
      return null;
    }
    for (ErrorCode layer : layers) {
      if (codeN != null && codeN.equals(layer.codeN())) {
        return layer;
      }
    }
    return layers.get(0);
  }

  /** Whether a code is one of {@link ClientErrors}, which no reply may have. */
  static boolean isOfClient(String code) {
    ErrorCode known = find(code, null);
    return known != null && known.scope() == ErrorCode.Scope.CLIENT;
  }

  static @Nullable ErrorCode findByNumber(int codeN) {
    return BY_NUMBER.get(codeN);
  }
}
