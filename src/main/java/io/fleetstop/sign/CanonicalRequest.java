package io.fleetstop.sign;

import java.util.List;

/**
 * The stages of a signature, each a function of its arguments that leaves its text in a {@link
 * SigningBuffer}.
 */
final class CanonicalRequest {

  static final String ALGORITHM = "HMAC-SHA256";
  static final String EMPTY_BODY_HASH =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  private static final int SECONDS_PER_DAY = 86_400;

  /** A header that is signed: its name in lower case, its value without space around it. */
  record Header(String name, String value) {}

  private CanonicalRequest() {}

  /** The day of an instant, counted from the epoch. */
  static long epochDay(long epochSecond) {
    return Math.floorDiv(epochSecond, SECONDS_PER_DAY);
  }

  /** {@code yyyyMMdd'T'HHmmss'Z'}, of which the day is known. */
  static SigningBuffer date(SigningBuffer out, String day, long epochSecond) {
    int second = Math.floorMod(epochSecond, SECONDS_PER_DAY);
    return out.clear()
        .add(day)
        .add('T')
        .addTwoDigits(second / 3600)
        .addTwoDigits(second / 60 % 60)
        .addTwoDigits(second % 60)
        .add('Z');
  }

  /** Where the query of a target begins, behind the question mark; its end if there is none. */
  static int queryIndex(String target) {
    int mark = target.indexOf('?');
    return mark < 0 ? target.length() : mark + 1;
  }

  /** Where the path of a target ends. */
  static int pathEnd(String target) {
    int mark = target.indexOf('?');
    return mark < 0 ? target.length() : mark;
  }

  /** The path of a target with each segment in canonical form; {@code /} if there is none. */
  static String path(String target) {
    int end = pathEnd(target);
    return end <= 1 ? "/" : PercentEncoding.normalise(target.substring(0, end), '/');
  }

  /**
   * The text whose hash is signed.
   *
   * @param target path and query, both in canonical form
   * @param headers in the order of the list of signed headers
   */
  static SigningBuffer canonicalRequest(
      SigningBuffer out, String method, String target, List<Header> headers, byte[] body) {
    out.clear().add(method).add('\n').add(target, 0, pathEnd(target)).add('\n');
    out.add(target, queryIndex(target), target.length()).add('\n');
    for (int i = 0; i < headers.size(); i++) {
      Header header = headers.get(i);
      out.add(header.name).add(':').add(header.value).add('\n');
    }
    signedHeaders(out.add('\n'), headers).add('\n');
    return body.length == 0 ? out.add(EMPTY_BODY_HASH) : out.addHashOf(body);
  }

  /** The names of the headers, with a semicolon between them. */
  static SigningBuffer signedHeaders(SigningBuffer out, List<Header> headers) {
    for (int i = 0; i < headers.size(); i++) {
      out.add(i == 0 ? "" : ";").add(headers.get(i).name);
    }
    return out;
  }

  /** The text that is signed. */
  static SigningBuffer stringToSign(
      SigningBuffer out, String date, String scope, byte[] canonicalRequestHash) {
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
