package io.fleetstop.sign;

import java.util.List;

/**
 * The steps of a signature. Each is a pure function that writes its text to a {@link
 * SigningBuffer}.
 */
final class CanonicalRequest {

  static final String ALGORITHM = "HMAC-SHA256";
  static final String EMPTY_BODY_HASH =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  private static final int SECONDS_PER_DAY = 86_400;

  /** A signed header: a lower-case name and a trimmed value. */
  record Header(String name, String value) {}

  private CanonicalRequest() {}

  /** Returns the epoch day of an instant. */
  static long epochDay(long epochSecond) {
    return Math.floorDiv(epochSecond, SECONDS_PER_DAY);
  }

  /** Writes {@code yyyyMMdd'T'HHmmss'Z'} for a given day and second. */
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

  /** Returns the index after the question mark, or the end of the target if it has no query. */
  static int queryIndex(String target) {
    int mark = target.indexOf('?');
    return mark < 0 ? target.length() : mark + 1;
  }

  /** Returns the end of a target's path. */
  static int pathEnd(String target) {
    int mark = target.indexOf('?');
    return mark < 0 ? target.length() : mark;
  }

  /** Returns the path of a target with each segment in canonical form; {@code /} if it is empty. */
  static String path(String target) {
    int end = pathEnd(target);
    return end <= 1 ? "/" : PercentEncoding.normalise(target.substring(0, end), '/');
  }

  /**
   * Writes the canonical request, whose hash is signed.
   *
   * @param target path and query, both in canonical form
   * @param headers in the order of the signed header list
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

  /** Writes the header names, separated by semicolons. */
  static SigningBuffer signedHeaders(SigningBuffer out, List<Header> headers) {
    for (int i = 0; i < headers.size(); i++) {
      out.add(i == 0 ? "" : ";").add(headers.get(i).name);
    }
    return out;
  }

  /** Writes the string to sign. */
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
