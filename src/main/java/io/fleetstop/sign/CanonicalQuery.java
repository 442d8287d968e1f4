package io.fleetstop.sign;

import java.util.ArrayList;
import java.util.Arrays;
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
    return new Builder(parameters.size()).addAll(parameters).build("");
  }

  /**
   * Starts a query.
   *
   * @param expected about how many parameters it will have
   */
  public static Builder builder(int expected) {
    return new Builder(expected);
  }

  /** The query of parameters that are encoded: sorted by name, equal names as they stand. */
  static String join(List<Parameter> parameters) {
    Builder query = new Builder(parameters.size());
    parameters.forEach(parameter -> query.insert(parameter.name, parameter.value));
    return query.build("");
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

  /**
   * Collects the parameters of a query. Not thread-safe.
   *
   * <p>They are sorted on their way in, and written once: by way of a list of parameters a query
   * takes twice the 0.5 kilobytes.
   */
  public static final class Builder {

    /** Name and value by turns, both encoded, in the order of the names. */
    private String[] words;

    private int size;
    private int length;

    private Builder(int expected) {
      words = new String[2 * Math.max(expected, 4)];
    }

    /**
     * Adds a parameter, neither part of it encoded.
     *
     * @throws IllegalArgumentException as {@link CanonicalQuery#of}
     */
    public Builder add(String name, String value) {
      insert(PercentEncoding.encode(name), PercentEncoding.encode(value));
      return this;
    }

    /** Adds parameters as {@link #add} does. */
    public Builder addAll(Map<String, String> parameters) {
      parameters.forEach(this::add);
      return this;
    }

    private void insert(String name, String value) {
      if (size == words.length) {
        words = Arrays.copyOf(words, 2 * size);
      }
      int place = placeOf(name);
      System.arraycopy(words, place, words, place + 2, size - place);
      words[place] = name;
      words[place + 1] = value;
      size += 2;
      length += name.length() + value.length() + 2;
    }

    /** Behind all names that are not greater. Encoded text is ASCII: its order is that of bytes. */
    private int placeOf(String name) {
      int low = 0;
      int high = size / 2;
      while (low < high) {
        int middle = (low + high) / 2;
        if (words[2 * middle].compareTo(name) <= 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return 2 * low;
    }

    /**
     * The query, behind {@code prefix}.
     *
     * @param prefix a path and a question mark, for one, or nothing
     */
    public String build(String prefix) {
      StringBuilder query = new StringBuilder(prefix.length() + length).append(prefix);
      for (int i = 0; i < size; i += 2) {
        query.append(i == 0 ? "" : "&").append(words[i]).append('=').append(words[i + 1]);
      }
      return query.toString();
    }
  }
}
