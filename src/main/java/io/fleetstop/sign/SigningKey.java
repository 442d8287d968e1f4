package io.fleetstop.sign;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** The key of one day, region and service, derived from one secret; with the texts of that day. */
final class SigningKey {

  private static final int LAST_YEAR = 9999;

  private final long epochDay;
  private final String secretAccessKey;
  private final String day;
  private final String scope;
  private final SecretKey key;

  private SigningKey(
      long epochDay, String secretAccessKey, String day, String scope, SecretKey key) {
    this.epochDay = epochDay;
    this.secretAccessKey = secretAccessKey;
    this.day = day;
    this.scope = scope;
    this.key = key;
  }

  static SigningKey of(
      SigningBuffer scratch, long epochDay, AccessKey credentials, String region, String service) {
    LocalDate date = LocalDate.ofEpochDay(epochDay);
    if (date.getYear() < 0 || date.getYear() > LAST_YEAR) {
      throw new IllegalArgumentException("now must be in a year of four digits, was in " + date);
    }
    String day = date.format(DateTimeFormatter.BASIC_ISO_DATE);
    String secret = credentials.secretAccessKey();
    byte[] key = derive(scratch, secret, day, region, service);
    return new SigningKey(
        epochDay,
        secret,
        day,
        day + '/' + region + '/' + service + "/request",
        new SecretKeySpec(key, "HmacSHA256"));
  }

  /** The chain of HMACs from the secret to the key: over day, region, service and a last word. */
  static byte[] derive(
      SigningBuffer scratch, String secretAccessKey, String day, String region, String service) {
    byte[] key = ascii(secretAccessKey);
    for (String step : new String[] {day, region, service, "request"}) {
      byte[] data = ascii(step);
      key = scratch.mac(new SecretKeySpec(key, "HmacSHA256"), data, data.length);
    }
    return key;
  }

  /** Whether this key is the one for that day and those credentials. */
  boolean fits(long epochDay, AccessKey credentials) {
    return this.epochDay == epochDay && secretAccessKey.equals(credentials.secretAccessKey());
  }

  /** The day, {@code yyyyMMdd}. */
  String day() {
    return day;
  }

  /** The day, region, service and last word, as they stand in a credential. */
  String scope() {
    return scope;
  }

  SecretKey key() {
    return key;
  }

  /** The scope alone. */
  @Override
  public String toString() {
    return "SigningKey[" + scope + "]";
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
