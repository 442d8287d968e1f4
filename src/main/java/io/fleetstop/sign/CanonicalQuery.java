package io.fleetstop.sign;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The canonical form of a query, as it is signed: names and values percent-encoded per RFC 3986,
 * sorted by encoded name, with an equals sign after every name.
 *
 * <p>A query that is sent exactly as it was signed cannot be interpreted differently. {@link #of}
 * creates one, and {@link RequestSigner#sign} does not change it.
 */
public final class CanonicalQuery {

  /** A parameter, both parts encoded. Encoded text is ASCII, so it sorts in byte order. */
  record Parameter(String name, String value) {

    static Parameter of(String name, String value) {
      return new Parameter(PercentEncoding.encode(name), PercentEncoding.encode(value));
    }
  }

  private CanonicalQuery() {}

  /**
   * Returns the query of these parameters.
   *
   * @param parameters names and values, unencoded
   * @return the query without a question mark, empty if there are no parameters
   * @throws IllegalArgumentException if a name or value contains an unpaired surrogate, which has
   *     no UTF-8 form; the value is not shown
   */
  public static String of(Map<String, String> parameters) {
    return new Builder(parameters.size()).addAll(parameters).build("");
  }

  /**
   * Returns a builder.
   *
   * @param expected the approximate number of parameters
   */
  public static Builder builder(int expected) {
    return new Builder(expected);
  }

  /** Returns the query of encoded parameters, sorted by name; equal names keep their order. */
  static String join(List<Parameter> parameters) {
    Builder query = new Builder(parameters.size());
    parameters.forEach(parameter -> query.insert(parameter.name, parameter.value));
    return query.build("");
  }

  /** Returns the parameters of a raw query in their order. */
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

  /** Returns whether the query is already in canonical form. */
  static boolean isCanonical(String query) {
    return isCanonical(query, 0);
  }

  /**
   * Returns whether the query that begins at {@code from} is already in canonical form. Reads each
   * character once and allocates nothing.
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

  /**
   * Builds a query. Not thread-safe.
   *
   * <p>Parameters are inserted in order and written once: a list of parameter objects would
   * allocate twice the 0.5 kilobytes.
   */
  public static final class Builder {

    /** Names and values alternate, both encoded, sorted by name. */
    private String[] pairs;

    private int size;
    private int length;

    private Builder(int expected) {
      pairs = new String[2 * Math.max(expected, 4)];
    }

    /**
     * Adds a parameter with unencoded name and value.
     *
     * @throws IllegalArgumentException as {@link CanonicalQuery#of}
     */
    public Builder add(String name, String value) {
      insert(PercentEncoding.encode(name), PercentEncoding.encode(value));
      return this;
    }

    /** Adds each parameter with {@link #add}. */
    public Builder addAll(Map<String, String> parameters) {
      parameters.forEach(this::add);
      return this;
    }

    private void insert(String name, String value) {
      if (size == pairs.length) {
        pairs = Arrays.copyOf(pairs, 2 * size);
      }
      int index = insertionIndex(name);
      System.arraycopy(pairs, index, pairs, index + 2, size - index);
      pairs[index] = name;
      pairs[index + 1] = value;
      size += 2;
      length += name.length() + value.length() + 2;
    }

    /**
     * Returns the index after all names that are not greater. Encoded text is ASCII, so it sorts in
     * byte order.
     */
    private int insertionIndex(String name) {
      int low = 0;
      int high = size / 2;
      while (low < high) {
        int middle = (low + high) / 2;
        if (pairs[2 * middle].compareTo(name) <= 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return 2 * low;
    }

    /**
     * Returns {@code prefix} followed by the query.
     *
     * @param prefix for example a path and a question mark; may be empty
     */
    public String build(String prefix) {
      StringBuilder query = new StringBuilder(prefix.length() + length).append(prefix);
      for (int i = 0; i < size; i += 2) {
        query.append(i == 0 ? "" : "&").append(pairs[i]).append('=').append(pairs[i + 1]);
      }
      return query.toString();
    }
  }
}
