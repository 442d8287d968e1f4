package io.fleetstop.sign;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The one form of a query that is signed: names and values percent-encoded as RFC 3986 has it,
 * sorted by encoded name, an equals sign after every name.
 *
 * <p>A client that sends the query as it was signed cannot be misunderstood; {@link #of} is how to
 * write one, and {@link RequestSigner#sign} passes such a query on untouched.
 */
public final class CanonicalQuery {

  private static final Comparator<Parameter> BY_NAME = Comparator.comparing(Parameter::name);

  /**
   * A parameter, both parts encoded. Encoded text is ASCII: its order is the order of its bytes.
   */
  record Parameter(String name, String value) {

    static Parameter of(String name, String value) {
      return new Parameter(PercentEncoding.encode(name), PercentEncoding.encode(value));
    }
  }

  private CanonicalQuery() {}

  /**
   * The query of these parameters.
   *
   * @param parameters names and values, not encoded
   * @return the query without a question mark, empty if there are no parameters
   * @throws IllegalArgumentException if a name or value holds half a surrogate pair, which has no
   *     UTF-8 form; the value itself is not shown
   */
  public static String of(Map<String, String> parameters) {
    List<Parameter> encoded = new ArrayList<>(parameters.size());
    parameters.forEach((name, value) -> encoded.add(Parameter.of(name, value)));
    return join(encoded);
  }

  /** Sorts by name, equal names as they stand, and writes the query. */
  static String join(List<Parameter> parameters) {
    List<Parameter> sorted = new ArrayList<>(parameters);
    sorted.sort(BY_NAME);
    StringBuilder query = new StringBuilder(256);
    for (Parameter parameter : sorted) {
      query.append(query.isEmpty() ? "" : "&");
      query.append(parameter.name).append('=').append(parameter.value);
    }
    return query.toString();
  }

  /** The parameters of a raw query, in its order. */
  static List<Parameter> parse(String rawQuery) {
    List<Parameter> parameters = new ArrayList<>();
    for (int start = 0; start < rawQuery.length(); ) {
      int ampersand = rawQuery.indexOf('&', start);
      int end = ampersand < 0 ? rawQuery.length() : ampersand;
      if (end > start) {
        parameters.add(parameter(rawQuery.substring(start, end)));
      }
      start = end + 1;
    }
    return parameters;
  }

  private static Parameter parameter(String raw) {
    int equals = raw.indexOf('=');
    String name = equals < 0 ? raw : raw.substring(0, equals);
    String value = equals < 0 ? "" : raw.substring(equals + 1);
    return new Parameter(PercentEncoding.normalise(name), PercentEncoding.normalise(value));
  }

  /** Whether the query is in canonical form already, as those of {@link #of} are. */
  static boolean isCanonical(String query) {
    return isCanonical(query, 0);
  }

  /**
   * Whether the query that begins at {@code from} is in canonical form already: one look at each
   * character, nothing allocated.
   */
  static boolean isCanonical(String query, int from) {
    int previousName = from;
    int previousNameEnd = from;
    int name = from;
    int nameEnd = -1;
    int length = query.length();
    for (int i = from; i < length; i++) {
      char c = query.charAt(i);
      if (PercentEncoding.isUnreserved(c)) {
        continue;
      }
      if (c == '=' && nameEnd < 0) {
        nameEnd = i;
        if (isGreater(query, previousName, previousNameEnd, name, nameEnd)) {
          return false;
        }
      } else if (c == '&' && nameEnd >= 0) {
        previousName = name;
        previousNameEnd = nameEnd;
        name = i + 1;
        nameEnd = -1;
      } else if (c == '%' && PercentEncoding.isCanonicalEscape(query, i)) {
        i += 2;
      } else {
        return false;
      }
    }
    return length == from || nameEnd >= 0;
  }

  private static boolean isGreater(String query, int left, int leftEnd, int right, int rightEnd) {
    int common = Math.min(leftEnd - left, rightEnd - right);
    for (int i = 0; i < common; i++) {
      int difference = query.charAt(left + i) - query.charAt(right + i);
      if (difference != 0) {
        return difference > 0;
      }
    }
    return leftEnd - left > rightEnd - right;
  }
}
