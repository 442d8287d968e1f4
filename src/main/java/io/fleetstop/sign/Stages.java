package io.fleetstop.sign;

import java.net.URI;
import java.util.List;

/**
 * The stages of a signature, each a function of its arguments that leaves its text in a {@link
 * Scratch}.
 */
final class Stages {

  static final String ALGORITHM = "HMAC-SHA256";
  static final String EMPTY_BODY_HASH =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  private static final int SECONDS_PER_DAY = 86_400;

  /** A header that is signed: its name in lower case, its value without space around it. */
  record Header(String name, String value) {}

  private Stages() {}

  /** The day of an instant, counted from the epoch. */
  static long epochDay(long epochSecond) {
    return Math.floorDiv(epochSecond, SECONDS_PER_DAY);
  }

  /** {@code yyyyMMdd'T'HHmmss'Z'}, of which the day is known. */
  static Scratch date(Scratch out, String day, long epochSecond) {
    int second = Math.floorMod(epochSecond, SECONDS_PER_DAY);
    return out.clear()
        .add(day)
        .add('T')
        .addTwoDigits(second / 3600)
        .addTwoDigits(second / 60 % 60)
        .addTwoDigits(second % 60)
        .add('Z');
  }

  /** The host as the {@code Host} header has it: with the port unless it is the scheme's own. */
  static String host(URI uri) {
    int port = uri.getPort();
    boolean implied =
        port < 0
            || (port == 443 && "https".equalsIgnoreCase(uri.getScheme()))
            || (port == 80 && "http".equalsIgnoreCase(uri.getScheme()));
    return implied ? uri.getHost() : uri.getHost() + ':' + port;
  }

  /** The path with each segment in canonical form; {@code /} if there is none. */
  static String path(URI uri) {
    String raw = uri.getRawPath();
    return raw.length() <= 1 ? "/" : PercentEncoding.normalise(raw, '/');
  }

  /**
   * The text whose hash is signed.
   *
   * @param path as of {@link #path}
   * @param query in canonical form
   * @param headers in the order of the list of signed headers
   */
  static Scratch canonicalRequest(
      Scratch out, String method, String path, String query, List<Header> headers, byte[] body) {
    out.clear().add(method).add('\n').add(path).add('\n').add(query).add('\n');
    for (int i = 0; i < headers.size(); i++) {
      Header header = headers.get(i);
      out.add(header.name).add(':').add(header.value).add('\n');
    }
    signedHeaders(out.add('\n'), headers).add('\n');
    return body.length == 0 ? out.add(EMPTY_BODY_HASH) : out.addHashOf(body);
  }

  /** The names of the headers, with a semicolon between them. */
  static Scratch signedHeaders(Scratch out, List<Header> headers) {
    for (int i = 0; i < headers.size(); i++) {
      out.add(i == 0 ? "" : ";").add(headers.get(i).name);
    }
    return out;
  }

  /** The text that is signed. */
  static Scratch stringToSign(Scratch out, String date, String scope, byte[] canonicalRequestHash) {
    return out.clear()
        .add(ALGORITHM)
        .add('\n')
        .add(date)
        .add('\n')
        .add(scope)
        .add('\n')
        .addHex(canonicalRequestHash);
  }
}
