package io.fleetstop.simulator;

import io.fleetstop.error.EcsErrors;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The query of a request, decoded and re-encoded by the rules of the signature, so that the
 * client's own encoding does not matter.
 */
final class RequestQuery {

  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private record Parameter(String name, String value, String encodedName) {}

  private final List<Parameter> parameters;
  private final Map<String, String> first;

  private RequestQuery(List<Parameter> parameters) {
    this.parameters = parameters;
    this.first = new HashMap<>();
    for (Parameter parameter : parameters) {
      first.putIfAbsent(parameter.name, parameter.value);
    }
  }

  /** Parses the query of a request target: everything after the first question mark. */
  static RequestQuery ofTarget(String target) {
    int mark = target.indexOf('?');
    List<Parameter> parameters = new ArrayList<>();
    if (mark >= 0) {
      for (String pair : target.substring(mark + 1).split("&", -1)) {
        if (!pair.isEmpty()) {
          int equals = pair.indexOf('=');
          String name = decode(equals < 0 ? pair : pair.substring(0, equals));
          String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
          parameters.add(new Parameter(name, value, encode(name)));
        }
      }
    }
    return new RequestQuery(parameters);
  }

  /** The first value of a parameter, or {@code null} if it is absent. */
  @Nullable String get(String name) {
    return first.get(name);
  }

  /** The first value of a parameter, or {@code null} if it is absent or empty. */
  @Nullable String nonEmpty(String name) {
    String value = first.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  /** The names of all parameters. */
  Iterable<String> names() {
    return first.keySet();
  }

  /**
   * Rejects a parameter that the action does not have. Parameters of the gateway pass: {@code
   * Action}, {@code Version}, those of the pre-signed form, and the nameless one that the official
   * Java SDK sends.
   */
  void requireKnown(Predicate<String> known) {
    for (String name : names()) {
      boolean ofGateway =
          name.isEmpty()
              || name.startsWith("X-")
              || name.equals("Action")
              || name.equals("Version");
      if (!ofGateway && !known.test(name)) {
        throw ApiError.withMessage(
            EcsErrors.INVALID_PARAMETER, "The simulator does not know the parameter " + name + ".");
      }
    }
  }

  /** The canonical form of the parameters with an included name. */
  String canonical(Predicate<String> included) {
    List<Parameter> sorted = new ArrayList<>(parameters.size());
    for (Parameter parameter : parameters) {
      if (included.test(parameter.name)) {
        sorted.add(parameter);
      }
    }
    // Encoded names are ASCII, so string order is byte order. The sort is stable: equal names keep
    // the order of the request.
    sorted.sort(Comparator.comparing(Parameter::encodedName));
    StringBuilder canonical = new StringBuilder();
    for (Parameter parameter : sorted) {
      if (!canonical.isEmpty()) {
        canonical.append('&');
      }
      canonical.append(parameter.encodedName).append('=').append(encode(parameter.value));
    }
    return canonical.toString();
  }

  /** The canonical form of a path: every segment decoded and re-encoded. */
  static String canonicalPath(String target) {
    int mark = target.indexOf('?');
    String path = mark < 0 ? target : target.substring(0, mark);
    if (path.isEmpty() || path.equals("/")) {
      return "/";
    }
    StringBuilder canonical = new StringBuilder();
    String separator = "";
    for (String segment : path.split("/", -1)) {
      canonical.append(separator).append(encode(decode(segment)));
      separator = "/";
    }
    return canonical.toString();
  }

  private static String decode(String encoded) {
    if (encoded.indexOf('%') < 0 && encoded.indexOf('+') < 0) {
      return encoded;
    }
    byte[] bytes = encoded.getBytes(StandardCharsets.UTF_8);
    byte[] decoded = new byte[bytes.length];
    int length = 0;
    for (int i = 0; i < bytes.length; i++) {
      byte b = bytes[i];
      if (b == '%'
          && i + 2 < bytes.length
          && digit(bytes[i + 1]) >= 0
          && digit(bytes[i + 2]) >= 0) {
        decoded[length++] = (byte) (digit(bytes[i + 1]) << 4 | digit(bytes[i + 2]));
        i += 2;
      } else {
        // Servers decode a plus as a space: a client that sends one and signs %2B must fail.
        decoded[length++] = b == '+' ? (byte) ' ' : b;
      }
    }
    return new String(decoded, 0, length, StandardCharsets.UTF_8);
  }

  private static int digit(byte b) {
    return Character.digit((char) b, 16);
  }

  private static String encode(String value) {
    if (isUnreserved(value)) {
      return value;
    }
    StringBuilder encoded = new StringBuilder(value.length() * 2);
    for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
      if (isUnreserved((char) (b & 0xff))) {
        encoded.append((char) b);
      } else {
        encoded.append('%').append(HEX[(b >> 4) & 0xf]).append(HEX[b & 0xf]);
      }
    }
    return encoded.toString();
  }

  private static boolean isUnreserved(String value) {
    for (int i = 0; i < value.length(); i++) {
      if (!isUnreserved(value.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isUnreserved(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '_'
        || c == '.'
        || c == '~';
  }
}
